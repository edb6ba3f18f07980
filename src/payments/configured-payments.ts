/** The payments that the settings name. */
import type { Config } from '../config.ts';
import type { Payments } from '../contracts/payments.ts';
import { type CreditsLink, createCreditsLink } from './credits-link.ts';
import { createDemoPayments, type DemoPayments } from './demo-payments.ts';
import { createStripePayments } from './stripe-payments.ts';

export type ConfiguredPayments = {
  creditsLink: CreditsLink;
  /** Undefined when none are set up: then nothing can be bought. */
  payments: Payments | undefined;
  /** The same, when they are the demonstration. */
  demoPayments: DemoPayments | undefined;
};

/** @param encryptionKey links and the demonstration's messages are signed with keys derived from it. */
export function configuredPayments(config: Config, encryptionKey: Buffer): ConfiguredPayments {
  const { publicUrl, addCreditsUrl, stripe, demoPayments } = config;
  const creditsLink = createCreditsLink({ encryptionKey, publicUrl, template: addCreditsUrl });
  const demo = demoPayments === true ? createDemoPayments({ encryptionKey, publicUrl }) : undefined;
  const payments =
    stripe === undefined ? demo : createStripePayments({ ...stripe, backTo: creditsLink.backTo });
  return { creditsLink, payments, demoPayments: demo };
}
