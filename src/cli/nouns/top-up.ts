/** `boon top-up`: automatic purchases of an account, through the API. */
import type { Command } from 'commander';
import { priceText, type TopUp } from '../../contracts/purchases/purchase.ts';
import type { Price } from '../../domain/policy.ts';
import { apiClient } from '../api.ts';
import { answer, credits, newCommand, withExamples } from '../command.ts';
import { money } from '../money.ts';
import { type Block, fields } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillTopUp(topUp: Command, terminal: Terminal): void {
  withExamples(topUp, ['top-up show ada', 'top-up withdraw ada']);
  for (const make of [show, consent, withdraw]) topUp.addCommand(make(terminal));
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show whether an account tops up by itself, and what keeps it from it', [
    'top-up show ada',
  ])
    .argument('<account>', 'the account')
    .action(async (account: string, _options: object, command: Command) => {
      const topUp = await (await apiClient(terminal.env)).purchases.topUp(account);
      answer(terminal, command, topUp, topUpBlocks(topUp));
    });
}

type Consent = { package: string; below: string; monthlyCap: Price; consent: true };

function consent(terminal: Terminal): Command {
  return newCommand('consent', 'Record that an account’s owner agrees to automatic top-ups', [
    'top-up consent ada --package credits-100 --below 20 --monthly-cap "20.00 USD" --consent',
  ])
    .argument('<account>', 'the account')
    .requiredOption('--package <package>', 'what is bought; see `boon package list`')
    .requiredOption('--below <credits>', 'bought when the account’s own credits are fewer', credits)
    .requiredOption('--monthly-cap <money>', 'the most that top-ups of a billing month may cost', money)
    .requiredOption('--consent', 'the owner agrees to charges that nobody asks about again')
    .action(async (account: string, options: Consent, command: Command) => {
      const { package: name, below, monthlyCap } = options;
      const { purchases } = await apiClient(terminal.env);
      const body = { package: name, below, monthly_cap: monthlyCap, consent: true } as const;
      const topUp = await purchases.consentToTopUp(account, body);
      answer(terminal, command, topUp, topUpBlocks(topUp));
    });
}

function withdraw(terminal: Terminal): Command {
  return newCommand('withdraw', 'Withdraw that consent: nothing is bought any longer', [
    'top-up withdraw ada',
  ])
    .argument('<account>', 'the account')
    .action(async (account: string, _options: object, command: Command) => {
      const topUp = await (await apiClient(terminal.env)).purchases.withdrawTopUp(account);
      answer(terminal, command, topUp, topUpBlocks(topUp));
    });
}

function topUpBlocks(topUp: TopUp): Block[] {
  const { price, monthly_cap: cap } = topUp;
  return [
    fields({
      account: topUp.account_id,
      'tops up': topUp.enabled ? 'yes' : 'no',
      'card saved': topUp.card_saved ? 'yes' : 'no',
      package: topUp.package,
      price: price && priceText(price),
      below: topUp.below && `${topUp.below} credits`,
      'monthly cap': cap && priceText(cap),
      'spent this month': topUp.spent && priceText(topUp.spent),
      'consented at': topUp.consented_at,
      'paused until': topUp.paused_until,
      'kept back by': topUp.blocked_by,
      'kept back until': topUp.blocked_until,
    }),
  ];
}
