/** What the doctor says of one part. */
export interface Finding {
  readonly part: string;
  /** `off`: not in use here, which is no fault. */
  readonly state: 'ok' | 'warning' | 'fault' | 'off';
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** The part works. */
export function ok(part: string, detail: string): Finding {
  return { part, state: 'ok', detail };
}

/** The part is switched off. */
export function off(part: string, detail: string): Finding {
  return { part, state: 'off', detail };
}

/** The part works, but not as it should. */
export function warning(part: string, detail: string, fix: string): Finding {
  return { part, state: 'warning', detail, fix };
}

/** The part does not work. */
export function fault(part: string, detail: string, fix: string): Finding {
  return { part, state: 'fault', detail, fix };
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message || 'no answer').split('\n', 1)[0] ?? '';
}
