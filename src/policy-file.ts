/** Reading of the policy: the shipped one, with the operator's file (`BOON_POLICY`) laid over it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { faultWords } from './contracts/fault-words.ts';
import { PolicySchema } from './contracts/policy.schema.ts';
import { canonicalJson } from './domain/canonical-json.ts';
import { isError } from './domain/is-error.ts';
import { mergePolicy } from './domain/merge-policy.ts';
import type { Policy, VersionedPolicy } from './domain/policy.ts';
import { SHIPPED_POLICY } from './domain/shipped-policy.ts';

/** The policy cannot be used; the message names the file and lists each fault by its path. */
class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/**
 * Reads the policy that a process starts with.
 * @param path a JSON file merged over the shipped policy; `undefined`: the shipped policy as it is.
 * @throws PolicyError when the file cannot be read, is not JSON, or the merged policy does not validate.
 */
export function readPolicy(path: string | undefined): VersionedPolicy {
  if (path === undefined) return versionPolicy(SHIPPED_POLICY);
  return validatePolicy(mergePolicy(SHIPPED_POLICY, readJson(path)), `The policy file ${path}`);
}

/** Checks a whole policy document and gives it its version. `name` begins the sentence of a fault. */
export function validatePolicy(document: unknown, name = 'The policy'): VersionedPolicy {
  const parsed = PolicySchema.safeParse(document, { error: faultWords, reportInput: true });
  if (parsed.success) return versionPolicy(parsed.data);
  const faults = parsed.error.issues.map(
    (issue) => `  ${issue.path.join('.') || '(whole file)'}: ${issue.message}`,
  );
  throw new PolicyError(`${name} does not validate; fix these and start again:\n${faults.join('\n')}`);
}

/** A policy under its version: `p_` and 16 hexadecimal digits of the digest of its content. */
function versionPolicy(policy: Policy): VersionedPolicy {
  const digest = createHash('sha256').update(canonicalJson(policy)).digest('hex');
  return { version: `p_${digest.slice(0, 16)}`, policy };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PolicyError(`The policy file ${path} cannot be read; check BOON_POLICY.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = isError(cause) ? cause.message : String(cause);
    throw new PolicyError(`The policy file ${path} is not JSON: ${why}.`, { cause });
  }
}
