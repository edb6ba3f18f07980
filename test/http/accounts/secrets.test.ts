/** Who sees the links that stand for a person, and whole addresses. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHIPPED_POLICY } from '../../../src/domain/shipped-policy.ts';
import { seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    policy: { programs: { open: { ...SHIPPED_POLICY.programs['codex-selective'], cohort: null } } },
  });
  await seedAccount(server.ledger, 'ada', { credits: '100' });
});
afterAll(() => server.close());

async function keyWith(...scopes: string[]): Promise<string> {
  const made = await server.send('POST', '/v1/api-keys', { body: { name: scopes.join(), scopes } });
  return String(made.json.key);
}

const cases: [string, string, object, string, string, (json: Record<string, unknown>) => unknown][] = [
  [
    'a gift',
    '/v1/transfers',
    { from: 'ada', to: { email: 'Grace.Hopper@example.com' }, amount: '1' },
    'claim_url',
    'gifts',
    ({ to }) => (to as { email?: string }).email,
  ],
  [
    'an invitation',
    '/v1/referrals',
    { program: 'open', referrer_id: 'ada', email: 'Grace.Hopper@example.com' },
    'link',
    'referrals',
    ({ email }) => email,
  ],
];

test.each(cases)(
  'of %s a service sees them when it makes it, later only with a scope of its own',
  async (_, path, body, link, noun, emailOf) => {
    const [maker, reader, trusted] = await Promise.all([
      keyWith(`${noun}:write`, `${noun}:read`),
      keyWith(`${noun}:read`),
      keyWith(`${noun}:read`, `${noun}:secrets`),
    ]);
    const call = { body, key: `secret-${noun}` };
    const made = await server.send('POST', path, { ...call, as: maker });
    const whole = String(emailOf(made.json));
    expect([made.status < 300, whole.toLowerCase()]).toEqual([true, 'grace.hopper@example.com']);
    expect(made.json[link]).toContain('#token=');
    // Whoever made it is answered the same again.
    const again = await server.send('POST', path, { ...call, as: maker });
    expect(again.json[link]).toBe(made.json[link]);

    const one = `${path}/${made.json.id}`;
    const list = noun === 'gifts' ? `${path}?account_id=ada` : '/v1/accounts/ada/referrals';
    const shownTo = async (as: string) => {
      const shown = await server.send('GET', one, { as });
      const listed = (await server.send('GET', list, { as })).json.data as Record<string, unknown>[];
      return [shown.json, listed[0] ?? {}].map((json) => [emailOf(json), json[link]]);
    };
    const hidden = [`${whole[0]}***@example.com`, undefined];
    expect(await shownTo(reader)).toEqual([hidden, hidden]);
    expect(await shownTo(maker)).toEqual([hidden, hidden]);
    const seen = [whole, made.json[link]];
    expect(await shownTo(trusted)).toEqual([seen, seen]);
    expect(await shownTo(server.apiKey)).toEqual([seen, seen]);
  },
);
