/** What the doctor says of one part. */
export interface Finding {
  readonly part: string;
  /** `off`: not in use here, which is no fault. */
  readonly state: 'ok' | 'warning' | 'fault' | 'off';
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function ok(part: string, detail: string): Finding {
  return { part, state: 'ok', detail };
}

export function off(part: string, detail: string): Finding {
  return { part, state: 'off', detail };
}

export function warning(part: string, detail: string, fix: string): Finding {
  return { part, state: 'warning', detail, fix };
}

export function fault(part: string, detail: string, fix: string): Finding {
  return { part, state: 'fault', detail, fix };
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message || 'no answer').split('\n', 1)[0] ?? '';
}
