/** What stands behind `boon`: each noun with what it is for, and its file, which is loaded only when it is used. */
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** Adds verbs, examples or an action to a command that has its name and summary. */
export type Fill = (command: Command, terminal: Terminal) => void;

export type Noun = { name: string; summary: string; load: () => Promise<Fill> };

/** Under their headings, as `boon --help` lists them. */
export const NOUNS: Readonly<Record<string, readonly Noun[]>> = {
  'Boon itself:': [
    noun('start', 'Start all of Boon on this machine, with its own PostgreSQL and Temporal', async () => {
      return (await import('./nouns/start.ts')).fillStart;
    }),
    noun('doctor', 'Look at every part and say what is wrong and what to do', async () => {
      return (await import('./doctor/doctor.ts')).fillDoctor;
    }),
    noun('migrate', 'Bring the database to this version’s schema', async () => {
      return (await import('./nouns/migrate.ts')).fillMigrate;
    }),
    noun('server', 'Run the HTTP server alone, or ask one how it is', async () => {
      return (await import('./nouns/server.ts')).fillServer;
    }),
    noun('worker', 'Run a worker alone', async () => (await import('./nouns/worker.ts')).fillWorker),
  ],
  'Accounts and credits:': [
    noun('account', 'Make accounts and look at what they have', async () => {
      return (await import('./nouns/account.ts')).fillAccount;
    }),
    noun('grant', 'Grant credits to accounts', async () => (await import('./nouns/grant.ts')).fillGrant),
    noun('gift', 'Send gifts of credits, look at them and act on them', async () => {
      return (await import('./nouns/gift.ts')).fillGift;
    }),
    noun('reset', 'Grant banked resets, list and redeem them', async () => {
      return (await import('./nouns/reset.ts')).fillReset;
    }),
    noun('usage', 'Charge usage, and show what was charged', async () => {
      return (await import('./nouns/usage.ts')).fillUsage;
    }),
    noun('campaign', 'Grant resets or credits to many accounts, or reset their windows', async () => {
      return (await import('./nouns/campaign.ts')).fillCampaign;
    }),
  ],
  'Referrals:': [
    noun('referral', 'Invite friends, look at invitations and act on them', async () => {
      return (await import('./nouns/referral.ts')).fillReferral;
    }),
    noun('program', 'Look at referral programs and what their invitations led to', async () => {
      return (await import('./nouns/program.ts')).fillProgram;
    }),
    noun('activity', 'Report logins and prompts of accounts', async () => {
      return (await import('./nouns/activity.ts')).fillActivity;
    }),
  ],
  'Money:': [
    noun('package', 'List what can be bought', async () => (await import('./nouns/package.ts')).fillPackage),
    noun('purchase', 'Buy packages of credits and resets, and look at purchases', async () => {
      return (await import('./nouns/purchase.ts')).fillPurchase;
    }),
    noun('refund', 'Refund purchases', async () => (await import('./nouns/refund.ts')).fillRefund),
    noun('case', 'Decide on payments that do not match what they name', async () => {
      return (await import('./nouns/case.ts')).fillCase;
    }),
    noun('top-up', 'Allow automatic top-ups of an account, or stop them', async () => {
      return (await import('./nouns/top-up.ts')).fillTopUp;
    }),
    noun('invoice', 'Look at invoices of organisations, mark them paid, and correct them', async () => {
      return (await import('./nouns/invoice.ts')).fillInvoice;
    }),
  ],
  'Operating:': [
    noun('stuck', 'Look at what the schedules could not do, and have it retried', async () => {
      return (await import('./nouns/stuck.ts')).fillStuck;
    }),
    noun(
      'key',
      'Make, list, rotate and revoke API keys',
      async () => (await import('./nouns/key.ts')).fillKey,
    ),
    noun('policy', 'Show the policy in use, check a policy file, list what is open', async () => {
      return (await import('./nouns/policy.ts')).fillPolicy;
    }),
    noun('ledger', 'Prove and seal the ledger, and compare it with Stripe', async () => {
      return (await import('./nouns/ledger.ts')).fillLedger;
    }),
  ],
};

function noun(name: string, summary: string, load: () => Promise<Fill>): Noun {
  return { name, summary, load };
}
