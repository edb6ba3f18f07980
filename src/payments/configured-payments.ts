/** The payments that the settings name. */
import type { Payments } from '../contracts/purchases/payments.ts';
import { type CreditsLink, createCreditsLink } from './credits-link.ts';
import { createDemoPayments, type DemoPayments } from './demo-payments.ts';

/** What the settings say of payments. */
export type PaymentSettings = {
  publicUrl: string;
  addCreditsUrl: string | undefined;
  stripe: { apiKey: string; webhookSecret: string; apiBase: string | undefined } | undefined;
  demoPayments?: boolean | undefined;
};

export type ConfiguredPayments = {
  creditsLink: CreditsLink;
  /** Undefined when none are set up: then nothing can be bought. */
  payments: Payments | undefined;
  /** The same, when they are the demonstration. */
  demoPayments: DemoPayments | undefined;
};

/** @param encryptionKey links and the demonstration's messages are signed with keys derived from it. */
export async function configuredPayments(
  { publicUrl, addCreditsUrl, stripe, demoPayments }: PaymentSettings,
  encryptionKey: Buffer,
): Promise<ConfiguredPayments> {
  const creditsLink = createCreditsLink({ encryptionKey, publicUrl, template: addCreditsUrl });
  const demo = demoPayments === true ? createDemoPayments({ encryptionKey, publicUrl }) : undefined;
  if (stripe === undefined) return { creditsLink, payments: demo, demoPayments: demo };
  // Stripe's library is two hundred files, which only those load who use it.
  const { createStripePayments } = await import('./stripe-payments.ts');
  const payments = createStripePayments({ ...stripe, backTo: creditsLink.backTo });
  return { creditsLink, payments, demoPayments: demo };
}
