/**
 * The one-line faults of a TypeScript file: of what runs, so not in types, and in the SQL of its templates. A text that is
 * joined has no sign.
 */
import { stripTypeScriptTypes } from 'node:module';
import { type Edit, swaps } from './fault.ts';
import { sqlEdits } from './sql-faults.ts';
import { javascriptTokens, type Token } from './tokens.ts';

const SWAPPED = swaps([
  ['<', 'comparison', '<='],
  ['<=', 'comparison', '<'],
  ['>', 'comparison', '>='],
  ['>=', 'comparison', '>'],
  ['===', 'equality', '!=='],
  ['!==', 'equality', '==='],
  ['+', 'sign', '-'],
  ['-', 'sign', '+'],
  ['&&', 'and and or', '||'],
  ['||', 'and and or', '&&'],
]);
const SWAPPED_WORDS = swaps([
  ['true', 'true and false', 'false'],
  ['false', 'true and false', 'true'],
]);
const SWAPPED_METHODS = swaps([
  ['min', 'min and max', 'max'],
  ['max', 'min and max', 'min'],
  ['some', 'some and every', 'every'],
  ['every', 'some and every', 'some'],
]);
const SQL = /\b(SELECT|WHERE|UPDATE|INSERT|DELETE|FROM|AND)\b/;

/** All faults that can be put into a file. */
export function typescriptEdits(text: string): Edit[] {
  // Types become blanks: places stay what they are.
  const { tokens, templates } = javascriptTokens(stripTypeScriptTypes(text));
  const edits: Edit[] = [];
  tokens.forEach((token, at) => {
    const before = tokens[at - 1];
    const next = tokens[at + 1];
    if (before === undefined || next === undefined) return;
    const [kind, instead] = swapOf(token, before, next) ?? [];
    if (kind !== undefined && instead !== undefined)
      edits.push({ kind, start: token.start, end: token.end, instead });
    if (token.kind === 'operator' && SWAPPED.has(token.text) && kind !== undefined && /^\d+$/.test(next.text))
      edits.push({
        kind: 'off by one',
        start: next.start,
        end: next.end,
        instead: String(Number(next.text) + 1),
      });
  });
  for (const { start, end } of templates) {
    const inner = text.slice(start + 1, end - 1);
    if (!SQL.test(inner)) continue;
    for (const edit of sqlEdits(inner))
      edits.push({ ...edit, start: edit.start + start + 1, end: edit.end + start + 1 });
  }
  return edits.sort((one, other) => one.start - other.start || one.end - other.end);
}

function swapOf(token: Token, before: Token, next: Token): readonly [string, string] | undefined {
  if (token.kind === 'word') {
    if (before.text === '.') return next.text === '(' ? SWAPPED_METHODS.get(token.text) : undefined;
    return next.text === ':' ? undefined : SWAPPED_WORDS.get(token.text);
  }
  if (token.kind !== 'operator') return undefined;
  if (token.text === '!') return ['not', ''];
  const swapped = SWAPPED.get(token.text);
  const joins = token.text === '+' && (before.kind === 'string' || next.kind === 'string');
  const binary =
    before.kind === 'word' ||
    before.kind === 'number' ||
    before.kind === 'string' ||
    /^[)\]]$/.test(before.text);
  return joins || !binary || before.text === 'return' ? undefined : swapped;
}
