/**
 * A moment, as text of RFC 3339: `2026-06-11T09:00:00.000Z`. What Boon writes is in UTC with milliseconds, so that two
 * instants compare as texts do. A request may have any offset and fewer digits; it is rewritten where it comes in.
 */
export type Instant = string;
