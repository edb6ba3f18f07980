/** Merging of policy documents: objects merge key by key, every other value replaces. */

/** Lays `over` on `base` without changing either. Keys that `base` does not know are kept, for validation to refuse. */
export function mergePolicy(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over === undefined ? base : over;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = mergePolicy(merged[key], value);
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
