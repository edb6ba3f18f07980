/** The HTTP server: whether it answers, is ready, shares our clock, and uses our policy. */
import { type Finding, fault, ok, reason, warning } from './finding.ts';

const PATIENCE_MS = 5_000;
/** The Date header counts in seconds. */
const SKEW_MS = 3_000;

/** @param policy the version of the policy that is configured here; undefined where it cannot be read */
export async function checkHttp(url: string, policy: string | undefined): Promise<Finding[]> {
  const part = 'HTTP server';
  let response: Response;
  try {
    response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const fix = `Start one at ${url} (\`npm start\`, or \`boon server\`), or set BOON_URL to where it runs.`;
    return [fault(part, `${url} does not answer: ${reason(error)}`, fix)];
  }
  const said = await readiness(response);
  if (said === undefined) {
    const fix = 'Set BOON_URL to where Boon’s HTTP server is.';
    return [fault(part, `something else than Boon answers at ${url} (${response.status})`, fix)];
  }
  return [
    checkReadiness(part, url, said),
    ...checkClock(response.headers.get('date')),
    ...checkPolicy(url, said.policy_version, policy),
  ];
}

type Readiness = { status: string; checks: object; stuck_items: number; policy_version: string };

/** What the server says of itself; undefined when it is none of Boon's. */
async function readiness(response: Response): Promise<Readiness | undefined> {
  try {
    const said = (await response.json()) as Partial<Readiness> | null;
    return said?.policy_version === undefined ? undefined : (said as Readiness);
  } catch {
    return undefined;
  }
}

function checkReadiness(part: string, url: string, said: Readiness): Finding {
  const { status, checks, stuck_items, policy_version } = said;
  const described = `${url} is ${status}, policy ${policy_version}`;
  if (status === 'ready') return ok(part, described);
  const stuck = stuck_items === 0 ? '' : `, ${stuck_items} stuck`;
  const fix =
    status === 'degraded'
      ? 'See the checks below, and `boon stuck list`.'
      : 'See the checks below, and the server’s log.';
  return fault(part, `${described}: ${JSON.stringify(checks)}${stuck}`, fix);
}

function checkClock(header: string | null): Finding[] {
  const skew = header === null ? Number.NaN : Date.parse(header) - Date.now();
  if (Number.isNaN(skew) || Math.abs(skew) <= SKEW_MS) return [];
  return [warning('clock of the HTTP server', `${skew} ms from ours`, 'Set both clocks by NTP.')];
}

function checkPolicy(url: string, theirs: string, ours: string | undefined): Finding[] {
  if (ours === undefined || ours === theirs) return [];
  const fix = `Restart the server at ${url} with this policy, or set BOON_POLICY here to the file that it uses.`;
  return [warning('policy of the HTTP server', `${theirs}, and BOON_POLICY here is ${ours}`, fix)];
}
