import { describe, expect, test } from 'vitest';
import equivalents from '../../scripts/mutants/equivalent.json' with { type: 'json' };
import { type Edit, faultsOf, inOrderOf, withFault } from '../../scripts/mutants/fault.ts';
import { reportOf } from '../../scripts/mutants/report.ts';
import { sqlEdits } from '../../scripts/mutants/sql-faults.ts';
import { typescriptEdits } from '../../scripts/mutants/typescript-faults.ts';

const kinds = (edits: Edit[], text: string) => edits.map((edit) => [edit.kind, withFault(text, edit)]);

describe('faults of SQL', () => {
  test('comparisons, signs, joined and dropped conditions', () => {
    const text = 'SELECT a + b FROM t WHERE a <= b AND (c OR d) ORDER BY a';
    expect(kinds(sqlEdits(text), text)).toEqual([
      ['sign', 'SELECT a - b FROM t WHERE a <= b AND (c OR d) ORDER BY a'],
      ['dropped condition', 'SELECT a + b FROM t WHERE  (c OR d) ORDER BY a'],
      ['comparison', 'SELECT a + b FROM t WHERE a < b AND (c OR d) ORDER BY a'],
      ['and and or', 'SELECT a + b FROM t WHERE a <= b OR (c OR d) ORDER BY a'],
      ['dropped condition', 'SELECT a + b FROM t WHERE a <= b  ORDER BY a'],
      ['and and or', 'SELECT a + b FROM t WHERE a <= b AND (c AND d) ORDER BY a'],
    ]);
  });

  test('bounds, extremes, truth, order and intervals', () => {
    const text =
      "IF n > 0 THEN x := least(max(y), true, interval '24 hours'); END IF; SELECT z ORDER BY z DESC;";
    expect(
      sqlEdits(text).map(({ kind, start, end, instead }) => [kind, text.slice(start, end), instead]),
    ).toEqual([
      ['comparison', '>', '>='],
      ['off by one', '0', '1'],
      ['least and greatest', 'least', 'greatest'],
      ['min and max', 'max', 'min'],
      ['true and false', 'true', 'false'],
      ['off by one', "'24 hours'", "'25 hours'"],
      ['order', 'DESC', 'ASC'],
    ]);
  });

  test.each([
    ['a comment', '-- WHERE a = b AND c\nSELECT 1 /* a < b */'],
    ['a text', "SELECT 'a = b AND c < d'"],
    ['an assignment', 'UPDATE t SET a = b, c = d'],
    ['the order of locks', 'SELECT a FROM t ORDER BY a DESC FOR UPDATE'],
    ['the AND of BETWEEN', 'SELECT a BETWEEN b AND c FROM t'],
  ])('%s has none', (_, text) => {
    expect(sqlEdits(text)).toEqual([]);
  });
});

describe('faults of TypeScript', () => {
  test('what runs has them, types and joined texts have none', () => {
    const text =
      "const rule = (a: number, on: true | false): boolean => a + 1 > 2 && !on && name + 'x' === b;";
    expect(
      typescriptEdits(text).map(({ kind, start, end, instead }) => [kind, text.slice(start, end), instead]),
    ).toEqual([
      ['sign', '+', '-'],
      ['off by one', '1', '2'],
      ['comparison', '>', '>='],
      ['off by one', '2', '3'],
      ['and and or', '&&', '||'],
      ['not', '!', ''],
      ['and and or', '&&', '||'],
      ['equality', '===', '!=='],
    ]);
  });

  test('SQL of templates has those of SQL', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a template
    const text = 'const query = `SELECT id FROM t WHERE a = ${b}`; const text = `a = ${b}`;';
    expect(
      typescriptEdits(text).map(({ start, instead }) => [text.slice(start, start + 3), instead]),
    ).toEqual([['= $', '<>']]);
  });
});

test('a fault names its line, and shows it as it is and as it would be', () => {
  const text = 'BEGIN\n  IF a < b THEN\n';
  const [fault] = faultsOf('sql', 'f(text)', text, sqlEdits(text));
  expect(fault).toMatchObject({ id: 'f(text):2:8 < → <=', before: 'IF a < b THEN', after: 'IF a <= b THEN' });
});

test('a seed gives the same order again, also with other faults between; another seed gives another one', () => {
  const all = Array.from({ length: 100 }, (_, index) => ({ id: `f():${index}` }));
  expect(inOrderOf(7, all)).toEqual(inOrderOf(7, all.toReversed()));
  expect(inOrderOf(7, all)).not.toEqual(inOrderOf(8, all));
  expect(inOrderOf(7, all)).not.toEqual(all);
  const isOdd = ({ id }: { id: string }) => /[13579]$/.test(id);
  expect(inOrderOf(7, all).filter(isOdd)).toEqual(inOrderOf(7, all.filter(isOdd)));
});

test('a report counts neither what is not a program nor what changes nothing, and lists the latter separately', () => {
  const { where = '', after = '' } = equivalents[0] ?? {};
  const edit = {
    kind: 'sign',
    start: 0,
    end: 1,
    instead: '-',
    language: 'sql',
    line: 1,
    before: '+',
  } as const;
  const fault = (id: string) => ({ ...edit, id, where: 'f()', after: '-' });
  const same = { ...fault('same'), where, after };
  const done = (['noticed', 'survived', 'invalid', 'noticed'] as const).map((outcome) => ({
    fault: fault(outcome),
    verdict: { id: outcome, digest: '', outcome, files: 1, seconds: 1 },
  }));
  const report = reportOf(done, [...done.map((one) => one.fault), same], 7);
  expect(report).toMatchObject({ seed: 7, tried: 3, noticed: 2, invalid: 1 });
  expect(report.unnoticed.map(({ id }) => id)).toEqual(['survived']);
  expect(report.equivalent).toEqual([{ id: 'same', why: expect.stringMatching(/\w/) }]);
  expect(report.text).toContain('Seed 7: 2 of 3 faults were noticed (66.7 %); 1 more change nothing.');
});
