import { expect, onTestFinished, test } from 'vitest';
import type { AcceptedGift } from '../../src/contracts/gifts/gift.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createGiftProcess } from '../../src/temporal/gifts/gift-process.ts';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { devNamespace } from '../support/temporal-server.ts';

/** In the protocol's numbering. */
const KEYWORD = 2;

test('an attribute of another type ends a start with one sentence that names both types', async () => {
  const temporal = await devNamespace();
  onTestFinished(() => temporal.close());
  const { client } = temporal;
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  await operatorService.removeSearchAttributes({ namespace, searchAttributes: ['BoonCredits'] });
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: { BoonCredits: KEYWORD },
  });
  await expect(registerSearchAttributes(client)).rejects.toMatchObject({
    name: 'SearchAttributesMissing',
    message: expect.stringContaining('BoonCredits is Keyword and must be Double'),
  });
});

test('what Temporal finds wrong with a start is reported as that, and not as a silence', async () => {
  const temporal = await devNamespace();
  onTestFinished(() => temporal.close());
  const { client } = temporal;
  const { namespace } = client.options;
  const searchAttributes = {
    BoonAccount: KEYWORD,
    BoonStatus: KEYWORD,
    BoonProgram: KEYWORD,
    BoonCredits: KEYWORD,
  };
  const { operatorService } = client.connection;
  await operatorService.removeSearchAttributes({
    namespace,
    searchAttributes: Object.keys(searchAttributes),
  });
  await operatorService.addSearchAttributes({ namespace, searchAttributes });
  const process = createGiftProcess({
    client,
    ledger: {} as Ledger,
    taskQueue: TASK_QUEUE,
    clock: () => new Date(),
  });
  const gift = {
    id: 'x',
    from: 'ada',
    to: 'bob',
    by_email: false,
    amount: '1',
    funding: 'transfer',
    status: 'pending',
  };
  const at = '2100-01-01T00:00:00.000Z';
  const started = process.start({ ...gift, settles_at: at, deadline: at } as AcceptedGift);
  await expect(started).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^Temporal refuses the call: .*(BoonCredits|BoonAccount)/),
  });
});
