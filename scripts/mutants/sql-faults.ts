/**
 * The one-line faults of a SQL text. Left out are those that can change nothing by construction: the order in which rows
 * are locked (`ORDER BY … FOR UPDATE`), and limits, by which one row is asked for that is the only one.
 */
import { type Edit, swaps } from './fault.ts';
import { sqlTokens, type Token } from './tokens.ts';

const SWAPPED = swaps([
  ['<', 'comparison', '<='],
  ['<=', 'comparison', '<'],
  ['>', 'comparison', '>='],
  ['>=', 'comparison', '>'],
  ['=', 'equality', '<>'],
  ['<>', 'equality', '='],
  ['+', 'sign', '-'],
  ['-', 'sign', '+'],
]);
const SWAPPED_WORDS = swaps([
  ['least', 'least and greatest', 'greatest'],
  ['greatest', 'least and greatest', 'least'],
  ['min', 'min and max', 'max'],
  ['max', 'min and max', 'min'],
  ['true', 'true and false', 'false'],
  ['false', 'true and false', 'true'],
]);
/** What ends a condition beside AND and OR, where no parenthesis does. */
const ENDS = new Set(
  `THEN LOOP GROUP ORDER LIMIT FOR RETURNING UNION ON JOIN LEFT CROSS INNER FULL HAVING WINDOW OFFSET ELSE WHEN DO EXCEPT SET SELECT`.split(
    ' ',
  ),
);
const BEGINS = new Set('WHERE IF ELSIF WHEN ON HAVING WHILE'.split(' '));

/** All faults that can be put into a text of SQL. */
export function sqlEdits(text: string): Edit[] {
  const tokens = sqlTokens(text);
  const edits: Edit[] = [];
  const replace = (kind: string, first: Token, last: Token, instead: string) =>
    edits.push({ kind, start: first.start, end: last.end, instead });
  tokens.forEach((token, at) => {
    const before = tokens[at - 1];
    const next = tokens[at + 1];
    if (before === undefined || next === undefined) return;
    const word = upper(token);
    if (token.kind === 'operator') {
      const swapped = SWAPPED.get(token.text);
      const binary = isValue(before) || token.text === '=';
      if (swapped !== undefined && binary && !assigns(tokens, at))
        replace(swapped[0], token, token, swapped[1]);
      if (swapped !== undefined && binary && next.kind === 'number' && upper(before) !== 'LIMIT')
        replace('off by one', next, next, String(BigInt(next.text.split('.')[0] ?? 0) + 1n));
    } else if (token.kind === 'string' && upper(before) === 'INTERVAL') {
      const longer = token.text.replace(/\d+/, (number) => String(Number(number) + 1));
      if (longer !== token.text) replace('off by one', token, token, longer);
    } else if (token.kind === 'word') {
      const swapped = SWAPPED_WORDS.get(token.text.toLowerCase());
      const call = /^(least|greatest|min|max)$/i.test(token.text);
      if (swapped !== undefined && before.text !== '.' && (!call || next.text === '('))
        replace(swapped[0], token, token, swapped[1]);
      else if ((word === 'AND' && !isOfBetween(tokens, at)) || (word === 'OR' && upper(before) !== 'CREATE'))
        replace('and and or', token, token, word === 'AND' ? 'OR' : 'AND');
      else if ((word === 'DESC' || word === 'ASC') && !locks(tokens, at))
        replace('order', token, token, word === 'DESC' ? 'ASC' : 'DESC');
      else if (word === 'NOT') replace('not', token, token, upper(before) === 'IS' ? '' : notInstead(next));
      if (word === 'AND' && !isOfBetween(tokens, at)) dropAfter(tokens, at, edits);
      if (BEGINS.has(word)) dropBefore(tokens, at, edits);
    }
  });
  return edits.filter((edit) => edit.instead !== 'NONE');
}

/** `NOT EXISTS` of a definition is none of a condition. */
function notInstead(next: Token): string {
  return upper(next) === 'NULL' || upper(next) === 'MATERIALIZED' ? 'NONE' : '';
}

/** ` AND condition`: gone. */
function dropAfter(tokens: readonly Token[], at: number, edits: Edit[]): void {
  const last = tokens[conditionEnd(tokens, at + 1) - 1];
  const and = tokens[at];
  if (last === undefined || and === undefined || last.end <= and.end) return;
  edits.push({ kind: 'dropped condition', start: and.start, end: last.end, instead: '' });
}

/** `WHERE condition AND`: `WHERE`. */
function dropBefore(tokens: readonly Token[], at: number, edits: Edit[]): void {
  const end = conditionEnd(tokens, at + 1);
  const first = tokens[at + 1];
  const and = tokens[end];
  if (first === undefined || and === undefined || upper(and) !== 'AND') return;
  edits.push({ kind: 'dropped condition', start: first.start, end: and.end, instead: '' });
}

/** Where the condition that begins here ends: before this piece. */
function conditionEnd(tokens: readonly Token[], from: number): number {
  let depth = 0;
  let between = false;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    const word = upper(token);
    if (token.text === '(' || token.text === '[' || word === 'CASE') depth++;
    else if (depth > 0 && (token.text === ')' || token.text === ']' || word === 'END')) depth--;
    else if (depth === 0) {
      if (word === 'BETWEEN') between = true;
      else if (word === 'AND' && between) between = false;
      else if (word === 'AND' || word === 'OR' || word === 'END') return at;
      else if (/^[);,\]]$/.test(token.text) || token.text === ':=') return at;
      else if (token.kind === 'word' && ENDS.has(word) && !isDistinctFrom(tokens, at)) return at;
    }
  }
  return tokens.length;
}

function isDistinctFrom(tokens: readonly Token[], at: number): boolean {
  return upper(tokens[at - 1]) === 'DISTINCT';
}

function isOfBetween(tokens: readonly Token[], at: number): boolean {
  let depth = 0;
  for (let back = at - 1; back >= 0; back--) {
    const token = tokens[back] as Token;
    if (token.text === ')') depth++;
    else if (token.text === '(') depth--;
    if (depth < 0) return false;
    const word = depth === 0 ? upper(token) : '';
    if (word === 'BETWEEN') return true;
    if (word === 'AND' || word === 'OR' || word === 'WHERE' || word === 'IF' || token.text === ';')
      return false;
  }
  return false;
}

/** `SET column = value`, and the beginning of one after a comma. */
function assigns(tokens: readonly Token[], at: number): boolean {
  if (tokens[at]?.text !== '=') return false;
  let depth = 0;
  for (let back = at - 1; back >= 0; back--) {
    const token = tokens[back] as Token;
    if (token.text === ')' || token.text === ']') depth++;
    else if (token.text === '(' || token.text === '[') depth--;
    if (depth < 0 || token.text === ';') return false;
    if (depth > 0) continue;
    const word = upper(token);
    if (word === 'SET') return true;
    if (token.text === ',' || token.kind === 'word' || token.text === '.' || token.text === ')') {
      if (/^(WHERE|AND|OR|ON|IF|WHEN|CASE|FROM|SELECT|HAVING|NOT|THEN|ELSE)$/.test(word)) return false;
    }
    if (token.kind === 'operator' && token.text === '=' && back < at - 1) {
      // Another comparison or assignment stands between: only a comma separates assignments.
      const between = tokens.slice(back + 1, at);
      if (!between.some((each) => each.text === ',')) return false;
    }
  }
  return false;
}

/** Whether an ORDER BY is the order of locks. */
function locks(tokens: readonly Token[], at: number): boolean {
  const rest = tokens.slice(at + 1, at + 14);
  const end = rest.findIndex((token) => token.text === ')' || token.text === ';');
  const texts = rest.slice(0, end === -1 ? rest.length : end).map(upper);
  return texts.some(
    (word, place) => word === 'FOR' && /^(UPDATE|NO|SHARE|KEY)$/.test(texts[place + 1] ?? ''),
  );
}

function isValue(token: Token): boolean {
  if (token.kind === 'operator') return false;
  if (token.kind === 'punctuation') return token.text === ')' || token.text === ']';
  return !/^(SELECT|WHERE|AND|OR|THEN|ELSE|WHEN|RETURN|BY|IF|NOT|IN|VALUES|coalesce)$/i.test(token.text);
}

function upper(token: Token | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : '';
}
