/** The HTTP server: whether it answers, is ready, and shares our clock. */
import { type Finding, fault, ok, reason, warning } from './finding.ts';

const PATIENCE_MS = 5_000;
/** The Date header counts in seconds. */
const SKEW_MS = 3_000;

export async function checkHttp(url: string): Promise<Finding[]> {
  const part = 'HTTP server';
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { status, checks, stuck_items, policy_version } = (await response.json()) as Record<
      string,
      unknown
    >;
    const told = `${url} is ${status}, policy ${policy_version}`;
    const clock = checkClock(response.headers.get('date'));
    if (status === 'ready') return [ok(part, told), ...clock];
    if (status === 'degraded') {
      const stuck = stuck_items === 0 ? '' : `, ${stuck_items} stuck`;
      const fix = 'See the checks below, and `boon stuck list`.';
      return [fault(part, `${told}: ${JSON.stringify(checks)}${stuck}`, fix), ...clock];
    }
    return [
      fault(part, `${told}: ${JSON.stringify(checks)}`, 'See the checks below, and the server’s log.'),
      ...clock,
    ];
  } catch (error) {
    return [fault(part, `${url} does not answer: ${reason(error)}`, 'Start one, or correct BOON_URL.')];
  }
}

function checkClock(header: string | null): Finding[] {
  const skew = header === null ? Number.NaN : Date.parse(header) - Date.now();
  if (Number.isNaN(skew) || Math.abs(skew) <= SKEW_MS) return [];
  return [warning('clock of the HTTP server', `${skew} ms from ours`, 'Set both clocks by NTP.')];
}
