/** The policy under which all is done but gifts of the gift part: the programs', with what usage and money need. */

import { mergePolicy } from '../../src/domain/merge-policy.ts';
import type { Policy, VersionedPolicy } from '../../src/domain/policy.ts';
import { type Choice, policyOf } from '../model/program-rules.ts';
import { USAGE_POLICY } from '../model/usage-run.ts';
import { policyWith } from '../support/test-ledger.ts';

export function commonPolicy(choice: Choice): VersionedPolicy {
  const { plans, ...programs } = policyOf(choice).policy;
  const all = {
    plans: {
      ...plans,
      ...USAGE_POLICY.plans,
      edu: { five_hour: '1', weekly: '1', credits: ['codex', 'video'] },
    },
  };
  const policy = mergePolicy(mergePolicy(programs, USAGE_POLICY), all) as Policy;
  return policyWith({
    ...policy,
    // Months are never dropped: the next episode begins at the same time again.
    usage: { keep_for: 'P1200M' },
    // What is not used up expires while its money still comes and goes.
    purchases: { ...policy.purchases, credits_valid_for: 'P40D' },
    packages: { odd: { credits: '100', price: { amount: 300, currency: 'usd' } } },
    resets: { ...policy.resets, complimentary_plans: [] },
  });
}
