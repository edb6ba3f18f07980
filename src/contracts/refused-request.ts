/** A request to cancel a workflow that its process did not follow: shown with how it stands. */
import type { Instant } from '../domain/instant.ts';

export type RefusedRequest = { at: Instant; why: string };

/** Lines of a card; none where nothing was refused. */
export function refusedLines(refused: RefusedRequest | undefined): string[] {
  if (refused === undefined) return [];
  return [`**A request to cancel was refused** at ${timeText(refused.at)}: ${refused.why}`];
}

/** `2026-06-12 09:00:00 UTC`: with its zone, as an operator reads it. */
export function timeText(instant: Instant): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** What an operator can send, line by line, as it stands in a card. */
export function updateLines(updates: readonly string[]): string[] {
  return updates.length === 0 ? [] : [SEND_UPDATES, updates.map((update) => `- ${update}`).join('\n')];
}

/** From another tab: on that of the details, Web UI 2.42 takes each R as "refresh", one typed into the form too. */
const SEND_UPDATES = 'Updates to send, by More Actions:';
