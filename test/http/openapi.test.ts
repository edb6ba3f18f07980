import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../src/local/run-command.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type Operation = {
  operationId: string;
  security: object[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { required: boolean };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { examples?: unknown[] }> };
};

const PROJECT = join(import.meta.dirname, '../..');

let server: TestServer;
let document: Document;
let operations: [string, Operation][];
beforeAll(async () => {
  server = await openTestServer();
  document = (await server.send('GET', '/openapi.json', { as: null })).json as unknown as Document;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
});
afterAll(() => server.close());

test('the document is OpenAPI 3.1 and passes the linter without a warning', async () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const folder = await mkdtemp(join(tmpdir(), 'boon-openapi-'));
  try {
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(document));
    const cli = fileURLToPath(import.meta.resolve('@redocly/cli/bin/cli.js'));
    const config = join(PROJECT, 'redocly.yaml');
    const args = [cli, 'lint', file, '--config', config, '--format', 'json', '--max-problems', '1000'];
    // The linter sends no usage reports and looks for no newer version of itself.
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const { ok, output } = await runCommand(process.execPath, args, { env });
    expect(output).toContain('"totals"');
    expect([ok, problemsIn(output)], output).toEqual([true, []]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** The linter prints its report as JSON among other lines. */
function problemsIn(output: string): unknown[] {
  const report: { problems: unknown[] } = JSON.parse(
    output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1),
  );
  return report.problems;
}

const CALLS = [
  'delete /v1/accounts/{id}/top-up',
  'delete /v1/api-keys/{id}',
  'get /healthz',
  'get /metrics',
  'get /readyz',
  'get /v1/accounts',
  'get /v1/accounts/{id}',
  'get /v1/accounts/{id}/balance',
  'get /v1/accounts/{id}/eligibility',
  'get /v1/accounts/{id}/gifting',
  'get /v1/accounts/{id}/invoices',
  'get /v1/accounts/{id}/limits',
  'get /v1/accounts/{id}/pool',
  'get /v1/accounts/{id}/purchases',
  'get /v1/accounts/{id}/referrals',
  'get /v1/accounts/{id}/resets',
  'get /v1/accounts/{id}/reward-window',
  'get /v1/accounts/{id}/statement',
  'get /v1/accounts/{id}/top-up',
  'get /v1/accounts/{id}/usage',
  'get /v1/api-keys',
  'get /v1/api-keys/{id}',
  'get /v1/campaigns',
  'get /v1/campaigns/{id}',
  'get /v1/campaigns/{id}/accounts/{account_id}',
  'get /v1/credits/cases',
  'get /v1/credits/cases/{id}',
  'get /v1/credits/grants',
  'get /v1/credits/grants/{id}',
  'get /v1/credits/packages',
  'get /v1/credits/purchases/{id}',
  'get /v1/credits/refunds/{id}',
  'get /v1/invoices',
  'get /v1/invoices/{id}',
  'get /v1/policy',
  'get /v1/programs',
  'get /v1/programs/{program}',
  'get /v1/programs/{program}/report',
  'get /v1/referrals',
  'get /v1/referrals/{id}',
  'get /v1/stuck',
  'get /v1/transfers',
  'get /v1/transfers/{id}',
  'patch /v1/accounts/{id}',
  'post /codec/decode',
  'post /codec/encode',
  'post /v1/accounts/{id}/resets/redeem',
  'post /v1/accounts/{id}/reward-window/raise-cap',
  'post /v1/activity',
  'post /v1/api-keys',
  'post /v1/api-keys/{id}/rotate',
  'post /v1/campaigns',
  'post /v1/campaigns/{id}/cancel',
  'post /v1/campaigns/{id}/pause',
  'post /v1/campaigns/{id}/resume',
  'post /v1/credits/cases/{id}/close',
  'post /v1/credits/grants',
  'post /v1/credits/purchases',
  'post /v1/credits/purchases/{id}/correct-refunded',
  'post /v1/credits/purchases/{id}/refund',
  'post /v1/invoices/{id}/credit-notes',
  'post /v1/invoices/{id}/mark-paid',
  'post /v1/invoices/{id}/void',
  'post /v1/referrals',
  'post /v1/referrals/{id}/cancel',
  'post /v1/referrals/{id}/claw-back',
  'post /v1/referrals/{id}/link-used',
  'post /v1/referrals/{id}/resend',
  'post /v1/resets/grants',
  'post /v1/stuck/{id}/retry',
  'post /v1/transfers',
  'post /v1/transfers/{id}/cancel',
  'post /v1/transfers/{id}/claim',
  'post /v1/transfers/{id}/hold',
  'post /v1/transfers/{id}/reject',
  'post /v1/transfers/{id}/release',
  'post /v1/transfers/{id}/reverse',
  'post /v1/usage',
  'post /v1/webhooks/stripe',
  'put /v1/accounts/{id}',
  'put /v1/accounts/{id}/top-up',
];

test('every call of the API is in it', () => {
  expect(operations.map(([name]) => name).sort()).toEqual(CALLS);
});

test('every call documents what it may be refused with, as problems', () => {
  for (const [name, { responses, security }] of operations) {
    const statuses = Object.keys(responses);
    expect(statuses, name).toEqual(expect.arrayContaining(['400', '500', '503']));
    if (security.length > 0) expect(statuses, name).toEqual(expect.arrayContaining(['401', '403']));
    if (security.length > 0 && !name.includes('/codec/')) expect(statuses, name).toContain('429');
    for (const [status, { content = {} }] of Object.entries(responses)) {
      if (Number(status) < 400 || (name === 'get /readyz' && status === '503')) continue;
      expect(Object.keys(content), `${name} ${status}`).toEqual(['application/problem+json']);
    }
  }
});

test('every body has an example, and one that may be left out says so', () => {
  const bodies = Object.entries(document.components.schemas).filter(
    ([, schema]) => schema.examples !== undefined,
  );
  expect(bodies.map(([name]) => name).sort()).toEqual([
    'AccountPatch',
    'AccountPut',
    'Activity',
    'ApiKeyCreate',
    'ApiKeyRotate',
    'CampaignAction',
    'CampaignCreate',
    'ClosePaymentCase',
    'CorrectRefunded',
    'CreditNote',
    'GrantRequest',
    'LinkUsed',
    'MarkPaid',
    'PurchaseRequest',
    'RaiseCap',
    'Redeem',
    'ReferralCancel',
    'ReferralClawBack',
    'ReferralRequest',
    'RefundRequest',
    'ResetGrant',
    'StripeEvent',
    'TemporalPayloads',
    'TemporalPayloadsBody',
    'TopUpPut',
    'TransferCancel',
    'TransferClaim',
    'TransferReason',
    'TransferRelease',
    'TransferRequest',
    'UsageRequest',
    'VoidInvoice',
  ]);
  const optional = operations.filter(([, { requestBody }]) => requestBody?.required === false);
  expect(optional.map(([, { operationId }]) => operationId).sort()).toEqual([
    'cancelCampaign',
    'cancelReferral',
    'cancelTransfer',
    'pauseCampaign',
    'releaseTransfer',
    'resumeCampaign',
    'rotateApiKey',
  ]);
});
