import { mergePolicy } from '../../domain/merge-policy.ts';
import type { VersionedPolicy } from '../../domain/policy.ts';
import { SHIPPED_POLICY } from '../../domain/shipped-policy.ts';
import { validatePolicy } from '../../policy-file.ts';

/** Long enough to see a gift pending and to hold it, short enough to wait for. */
export const SETTLEMENT_SECONDS = 8;

/**
 * The policy of the story's gifts: the shipped one with a short settlement. A policy travels with each gift, so
 * gifts of the running server keep the operator's.
 */
export function storyPolicy(): VersionedPolicy {
  const shortened = { gifts: { settlement: `PT${SETTLEMENT_SECONDS}S`, claim_window: 'PT10M' } };
  return validatePolicy(mergePolicy(SHIPPED_POLICY, shortened));
}
