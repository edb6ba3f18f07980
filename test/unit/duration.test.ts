import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CampaignBodySchema } from '../../src/contracts/campaigns/campaign.schema.ts';
import { DurationSchema, PositiveDurationSchema } from '../../src/contracts/duration.schema.ts';

const message = (schema: typeof DurationSchema, text: string) =>
  schema.safeParse(text).error?.issues[0]?.message;

describe('a duration', () => {
  test.each(['PT0S', 'P0D', 'PT24H', 'P1Y2M3W4DT5H6M7S', 'P100Y', 'P1200M', 'P36500D'])(
    '%s is one',
    (text) => {
      expect(DurationSchema.parse(text)).toBe(text);
    },
  );

  test.each(['P', 'PT', '1 day', 'P1H', 'PT1D', 'P1.5D', '-P1D', 'P1D '])('%s is none', (text) => {
    expect(message(DurationSchema, text)).toContain('must be an ISO 8601 duration');
  });

  test.each(['P101Y', 'P1201M', 'P9000Y', 'P300000Y', 'P36526D', 'PT999999999999H', `P${'9'.repeat(400)}Y`])(
    '%s is longer than 100 years',
    (text) => {
      expect(message(DurationSchema, text)).toBe('must be at most 100 years');
    },
  );

  test.each(['P0D', 'PT0S', 'P0Y0M0D'])('%s is no time at all: nothing is valid for so long', (text) => {
    expect(message(PositiveDurationSchema, text)).toBe('must be longer than no time at all');
    const body = { kind: 'grant_credits', amount: '1', valid_for: text, reason: 'test' };
    expect(CampaignBodySchema.safeParse(body).success).toBe(false);
  });

  test('what the API document allows is taken', () => {
    const { pattern } = PositiveDurationSchema.meta() as { pattern: string };
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(pattern)), (text) => {
        expect(PositiveDurationSchema.safeParse(text).error).toBeUndefined();
      }),
    );
  });
});
