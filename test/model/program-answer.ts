/** What the ledger, or the model of it, answers: a value, or a refusal by its code. */

/** A refusal's code and reason, or what is worth comparing of the answer. */
export type Answer = { refused: string; reason?: string } | { value: unknown };

export function refused(code: string, reason?: string): { refused: string; reason?: string } {
  return reason === undefined ? { refused: code } : { refused: code, reason };
}
