import { expect, onTestFinished, test } from 'vitest';
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
