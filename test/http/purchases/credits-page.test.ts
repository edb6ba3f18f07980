import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openPage, sendForm, type WebPage } from '../../../src/local/story/web-page.ts';
import { createCreditsLink } from '../../../src/payments/credits-link.ts';
import { createDemoPayments } from '../../../src/payments/demo-payments.ts';
import { use } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const encryptionKey = randomBytes(32);
const publicUrl = 'https://boon.example';
const demoPayments = createDemoPayments({ encryptionKey, publicUrl });
const creditsLink = createCreditsLink({ encryptionKey, publicUrl });
const PAID = { payments: demoPayments, demoPayments, creditsLink };

let server: TestServer;
let people = 0;
let ada = '';
beforeAll(async () => {
  server = await openTestServer({ parts: PAID });
});
afterAll(() => server.close());
beforeEach(async () => {
  server.time.now = new Date(START);
  people += 1;
  ada = `ada-${people}`;
  await seedAccount(server.ledger, ada);
});

/** The pages are at another address than links say. */
const at = (url: string, { baseUrl }: { baseUrl: string } = server) => url.replace(publicUrl, baseUrl);
const get = (url: string) => openPage(at(url));
const available = async () => (await server.ledger.balance(ada, START)).available;
const purchases = async () => (await server.ledger.listPurchases(ada, { limit: 10 })).data;
const link = () => creditsLink.to(ada, server.time.now);
const buy = async (name = 'credits-100') => await sendForm(at(link()), await get(link()), `value="${name}"`);
const press = async (checkout: string, outcome: 'paid' | 'failed', page?: WebPage) =>
  await sendForm(at(checkout), page ?? (await get(checkout)), 'outcome', { outcome });

describe('the add-credits link of a refused use', () => {
  test('shows the packages, and one that is bought and paid is there at once', async () => {
    await use(server.ledger, ada, '25');
    const body = { account_id: ada, product: 'codex', units: '1', id: 'over' };
    const refused = await server.send('POST', '/v1/usage', { body });
    const url = String(refused.json.add_credits_url);
    const offer = await get(url);
    expect(offer.status).toBe(200);
    expect(offer.text).toContain('100 credits for 4.00 USD');
    expect(offer.text).toContain('5 banked resets for 20.00 USD');

    const bought = await sendForm(at(url), offer, 'value="credits-100"');
    expect(bought.status).toBe(303);
    const checkout = await get(String(bought.location));
    expect(checkout.text).toContain('This is a demonstration: no money moves.');
    expect(checkout.text).toContain('Pay 4.00 USD');
    expect(await available()).toBe('0');

    const paid = await press(String(bought.location), 'paid', checkout);
    expect(paid.status).toBe(303);
    expect(await available()).toBe('100');
    const back = await get(String(paid.location));
    expect([back.status, back.text]).toEqual([
      200,
      expect.stringContaining('4.00 USD are paid, and 100 credits are yours.'),
    ]);
    expect((await server.send('POST', '/v1/usage', { body })).status).toBe(200);
  });

  test('buys once for each form, however often that is sent, and then leads to what happened to it', async () => {
    const offer = await get(link());
    const send = () => sendForm(at(link()), offer, 'value="credits-100"');
    const sent = await Promise.all(Array.from({ length: 5 }, send));
    expect(new Set(sent.map(({ status, location }) => `${status} ${location}`)).size).toBe(1);
    expect(await purchases()).toHaveLength(1);
    await press(String(sent[0]?.location), 'paid');
    expect(new URL(String((await send()).location)).searchParams.get('purchase')).toBe(
      (await purchases())[0]?.id,
    );
    expect(await purchases()).toHaveLength(1);
    await buy();
    expect(await purchases()).toHaveLength(2);
  });

  test('leads to no payment whose time is over, before that is noted', async () => {
    const form = link();
    const offer = await get(form);
    const send = async () => String((await sendForm(at(form), offer, 'value="credits-100"')).location);
    const checkout = await send();
    const back = `${form}&purchase=${(await purchases())[0]?.id}`;
    server.time.now = new Date(later(START, { hours: 24, ms: -1 }));
    expect((await get(back)).text).toContain('go on to the payment');
    expect(await send()).toBe(checkout);
    server.time.now = new Date(later(START, { hours: 24 }));
    const outcome = await send();
    expect(outcome).toContain('purchase=');
    expect((await get(outcome)).text).toContain('nothing has been paid so far');
    expect((await get(outcome)).text).not.toContain('go on to the payment');
  });

  test('holds for seven days less a moment, and says so when they are over', async () => {
    const given = link();
    server.time.now = new Date(later(START, { days: 7, ms: -1 }));
    expect((await get(given)).status).toBe(200);
    server.time.now = new Date(later(START, { days: 7 }));
    const late = await get(given);
    expect([late.status, late.headers.get('content-type')]).toEqual([410, 'text/html; charset=utf-8']);
    expect(late.text).toContain('The link has expired');
  });

  test('is good for its own account only, and not when a part of it is changed or missing', async () => {
    const given = new URL(link());
    const changed = (name: string, value: string | null) => {
      const url = new URL(given);
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      return get(url.href);
    };
    const ticket = String(given.searchParams.get('ticket'));
    const [, ends] = ticket.split('.');
    const others = createCreditsLink({ encryptionKey: randomBytes(32), publicUrl }).to(ada, server.time.now);
    for (const page of [
      await changed('ticket', null),
      await changed('account', null),
      await changed('account', 'ada-of-another'),
      await changed('ticket', ticket.replace(`${ends}`, `${Number(ends) + 1}`)),
      await changed('ticket', `${ticket.slice(0, -2)}AA`),
      await changed('ticket', 'é'),
      await get(others),
      await get(`${given.href}&account=${ada}`),
    ]) {
      expect(page.status).toBe(403);
      expect(page.text).toContain('The link does not work');
      expect(page.text).not.toContain('<form');
    }
  });

  test('shows its own account’s purchases only', async () => {
    await buy();
    const [purchase] = await purchases();
    const other = `eve-${people}`;
    await seedAccount(server.ledger, other);
    const look = (accountId: string, id: string) =>
      get(`${creditsLink.to(accountId, server.time.now)}&purchase=${id}`);
    expect((await look(ada, `${purchase?.id}`)).status).toBe(200);
    const [others, none] = [await look(other, `${purchase?.id}`), await look(other, 'pur_none')];
    expect([others.status, none.status]).toEqual([404, 404]);
    expect(others.text.replace(`${purchase?.id}`, 'pur_none')).toBe(none.text);
  });

  test('shows text as text, runs nothing and is kept nowhere', async () => {
    const page = await get(creditsLink.to('<script>"&', server.time.now));
    expect(page.text).toContain('<strong>&lt;script&gt;&quot;&amp;</strong>');
    expect(page.text).not.toContain('<script');
    const policy = String(page.headers.get('content-security-policy'));
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-\S+'; form-action 'self' https:\/\/boon.example https:;/,
    );
    expect([page.headers.get('cache-control'), page.headers.get('referrer-policy')]).toEqual([
      'no-store',
      'no-referrer',
    ]);
  });

  test('refuses by a page: a frozen account, a package that is none, a form that is none', async () => {
    const offer = await get(link());
    await server.send('PUT', `/v1/accounts/${ada}`, { body: { plan: 'plus', status: 'frozen' } });
    const frozen = await sendForm(at(link()), offer, 'value="credits-100"');
    expect([frozen.status, frozen.text]).toEqual([403, expect.stringContaining('The account is frozen')]);
    const text = offer.text.replaceAll('credits-1000', 'nothing-1000');
    const none = await sendForm(at(link()), { ...offer, text }, 'nothing-1000');
    expect([none.status, none.text]).toEqual([
      400,
      expect.stringContaining('<h1>The request is not valid</h1>'),
    ]);
    const { pathname, search } = new URL(link());
    const json = await server.send('POST', `${pathname}${search}`, { body: { package: 'credits-100' } });
    expect([json.status, json.text]).toEqual([400, expect.stringContaining('<!doctype html>')]);
    expect(await purchases()).toEqual([]);
  });

  test('counts as the account’s own calls do', async () => {
    const parts = { ...PAID, rateLimit: { service: 0, user: 2, wrongKeys: 0 } };
    const strict = await openTestServer({ ledger: server, parts });
    try {
      const statuses: number[] = [];
      for (const _ of [1, 2, 3]) statuses.push((await openPage(at(link(), strict))).status);
      expect(statuses).toEqual([200, 200, 429]);
    } finally {
      await strict.close();
    }
  });
});

describe('without', () => {
  test('payments the page says that nothing can be bought', async () => {
    const bare = await openTestServer({ ledger: server, parts: { creditsLink } });
    try {
      const page = await openPage(at(link(), bare));
      expect([page.status, page.text]).toEqual([409, expect.stringContaining('Nothing can be bought here.')]);
      expect((await openPage(`${bare.baseUrl}/demo/checkout/pur_1.x`)).status).toBe(404);
    } finally {
      await bare.close();
    }
  });

  test('a page of Boon’s the link and the way back lead to the operator’s own', async () => {
    const template = 'https://shop.example/add?for={account}&from=boon';
    const own = createCreditsLink({ encryptionKey, publicUrl, template });
    const away = await openTestServer({ ledger: server, parts: { ...PAID, creditsLink: own } });
    try {
      await use(server.ledger, ada, '25');
      const body = { account_id: ada, product: 'codex', units: '1', id: 'over' };
      const refused = await away.send('POST', '/v1/usage', { body });
      expect(refused.json.add_credits_url).toBe(`https://shop.example/add?for=${ada}&from=boon`);
      expect((await openPage(at(link(), away))).status).toBe(404);
      const wanted = { body: { account_id: ada, package: 'reset-1' } };
      const { json } = await away.send('POST', '/v1/credits/purchases', wanted);
      const { url } = json.checkout as { url: string };
      const paid = await sendForm(at(url, away), await openPage(at(url, away)), 'outcome', {
        outcome: 'paid',
      });
      expect(paid.location).toBe(`https://shop.example/add?for=${ada}&from=boon&purchase=${json.id}`);
    } finally {
      await away.close();
    }
  });
});

describe('the demonstration’s page', () => {
  const checkout = async () => String((await buy()).location);

  test('pays once, however often and however many at a time press Pay', async () => {
    const url = await checkout();
    const page = await get(url);
    const answers = await Promise.all(Array.from({ length: 10 }, () => press(url, 'paid', page)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(303));
    expect(await available()).toBe('100');
    const closed = await get(url);
    expect(closed.text).toContain('Nothing can be paid here any more: the purchase is paid.');
    expect(closed.text).not.toContain('<form');
  });

  test('that declines ends the purchase, and a Pay after that buys nothing', async () => {
    const url = await checkout();
    const page = await get(url);
    const declined = await press(url, 'failed', page);
    expect((await get(String(declined.location))).text).toContain('the payment was declined');
    await press(url, 'paid', page);
    expect(await purchases()).toMatchObject([{ status: 'failed', reason_code: 'card_declined' }]);
    expect(await available()).toBe('0');
  });

  test('closes when the time to pay is over', async () => {
    const url = await checkout();
    const page = await get(url);
    server.time.now = new Date(later(START, { hours: 24 }));
    await press(url, 'paid', page);
    expect(await available()).toBe('0');
    expect((await get(url)).text).toContain('the purchase is too old');
    server.time.now = new Date(later(START, { hours: 24, ms: -1 }));
    await press(url, 'paid', page);
    expect(await available()).toBe('100');
  });

  test('is known again by a server that was started anew, and by none with another key', async () => {
    const url = await checkout();
    for (const [key, status] of [
      [encryptionKey, 200],
      [randomBytes(32), 404],
    ] as const) {
      const again = createDemoPayments({ encryptionKey: key, publicUrl });
      const other = await openTestServer({ ledger: server, parts: { ...PAID, demoPayments: again } });
      try {
        expect((await openPage(at(url, other))).status).toBe(status);
      } finally {
        await other.close();
      }
    }
    expect((await get(url.replace(/\.[\w-]+$/, '.guessed'))).status).toBe(404);
  });

  test('speaks by a signed message: a changed one and one five minutes and a second old are refused', async () => {
    await buy();
    const [purchase] = await purchases();
    if (purchase === undefined) throw new Error('Nothing was bought');
    const { body, signature } = demoPayments.webhookOf(purchase, 'paid', new Date(START));
    const send = (text: string, seconds: number) => {
      server.time.now = new Date(later(START, { seconds }));
      const headers = { 'stripe-signature': signature };
      return server.send('POST', '/v1/webhooks/stripe', { rawBody: text, headers, as: null, key: null });
    };
    const told = body.toString();
    expect((await send(told.replace('400', '500'), 0)).json).toMatchObject({ code: 'webhook_invalid' });
    expect((await send(told, 301)).json).toMatchObject({ code: 'webhook_invalid' });
    expect(await available()).toBe('0');
    expect((await send(told, 300)).status).toBe(200);
    expect(await available()).toBe('100');
  });
});
