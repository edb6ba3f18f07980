/**
 * Compares what a command printed with what a page shows of it. Times, durations and versions are any; `…` is anything.
 * An id, a token or a key stands for the one that was really made: the first time it is learned, then it must be the same.
 */
import type { Shown } from './page.ts';

/** What the page says, and what it was in this run. */
export type Learned = Map<string, string>;

/** Ids, tokens and keys: the same wherever the page has the same. */
const NAMED = [
  String.raw`(?:\b|(?<=%2F))(?:gft|ref|pur|rfd|key|cmp|stk|inv|cse|case|lot|grt|gnt|rst|evt|bak|whk|crn)_[0-9a-z]{10,}`,
  String.raw`\b(?:ada|grace|linus|hedy|katherine|mary|alan|edsger|barbara|frances|story)[-_][0-9a-f]{6}\b`,
  String.raw`\bboon_sk_[\w-]+`,
  String.raw`(?<=#token=|"token":")[\w-]{20,}`,
  String.raw`(?<=ticket=)[\w.-]+`,
  String.raw`(?<="next_cursor":"|--cursor |cursor=)[\w=-]{8,}`,
  String.raw`(?<=/demo/checkout/pur_[0-9a-z]{10,})\.[\w.-]+`,
  String.raw`(?<=[Ee][Tt]ag: |If-Match: )"[\w-]+"`,
];
/** Times, durations, versions and ports: any will do. */
const ANY = [
  String.raw`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`,
  String.raw`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`,
  String.raw`\b\d{4}-\d\d(?:-\d\d)?\b`,
  String.raw`\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`,
  String.raw`\bp_[0-9a-f]{16}\b`,
  String.raw`\[ *\d+\.\d s\]`,
  String.raw`\b\d+(?:\.\d+)? ?m?s\b`,
  String.raw`\b(?:\d+ (?:second|minute)s? (?:ago|from now)|now)\b`,
  String.raw`(?<=localhost:|127\.0\.0\.1:)\d+`,
  String.raw`\b\d+\.\d+\.\d+\b`,
];
const TOKEN = new RegExp([`(?<any>…)`, `(?<named>${NAMED.join('|')})`, ...ANY].join('|'), 'g');

/** @returns undefined when it is as shown; else a sentence. What is new in it is added to `learned` */
export function differenceOf(shown: Shown, printed: string, learned: Learned): string | undefined {
  if (shown.language !== 'http') return difference(flat(shown), flat({ ...shown, text: printed }), learned);
  const [[head, body], [printedHead, printedBody]] = [shown.text, printed].map(headAndBody) as [Parts, Parts];
  for (const line of head.split('\n')) {
    if (!printedHead.split('\n').some((one) => difference(line, one, learned) === undefined)) {
      return `"${line}" is not among the headers`;
    }
  }
  return difference(body, printedBody, learned);
}

function difference(expected: string, actual: string, learned: Learned): string | undefined {
  const segments = segmentsOf(expected);
  let from = 0;
  for (const [i, segment] of segments.entries()) {
    const pattern = patternOf(segment, learned);
    const first = i === 0 && segment !== '';
    const found = new RegExp(first ? `^${pattern.source}` : pattern.source, 'g');
    found.lastIndex = from;
    const match = found.exec(actual);
    if (match === null) return `…${segment}… is not where it should be`;
    learn(pattern.names, match, learned);
    from = match.index + match[0].length;
  }
  const last = segments.at(-1) ?? '';
  if (last === '' || from === actual.length) return undefined;
  // The last piece may occur more than once: what counts is the end.
  const end = new RegExp(`${patternOf(last, learned).source}$`);
  return segments.length > 1 && end.test(actual) ? undefined : `"${actual.slice(from)}" is printed besides`;
}

/**
 * What was printed, to be shown on the page. Its ids take the place of those that stood there, one by one, so that they
 * keep their names on the page and the commands below still name them.
 */
export function shownAnew({ text }: Shown, printed: string, learned: Learned): string {
  const [before, now] = [text, printed].map((one) => [
    ...new Set([...one.matchAll(TOKEN)].flatMap(({ groups, 0: found }) => (groups?.named ? [found] : []))),
  ]) as [string[], string[]];
  if (before.length === now.length) for (const [i, name] of before.entries()) learned.set(name, now[i] ?? '');
  return [...learned].reduce((shown, [name, real]) => shown.replaceAll(real, name), printed).trimEnd();
}

/** The page's ids, tokens and keys replaced by those of this run. */
export function withLearned(text: string, learned: Learned): string {
  return text.replace(TOKEN, (found, ...rest) => {
    const groups = rest.at(-1) as { named?: string };
    return groups.named === undefined ? found : (learned.get(found) ?? found);
  });
}

function segmentsOf(expected: string): string[] {
  return expected.split(/\s*…\s*/);
}

function patternOf(segment: string, learned: Learned): { source: string; names: string[] } {
  const names: string[] = [];
  let source = '';
  let from = 0;
  for (const match of segment.matchAll(TOKEN)) {
    source += literal(segment.slice(from, match.index));
    from = match.index + match[0].length;
    source += match.groups?.named === undefined ? anyOf(match[0]) : named(match[0], names, learned);
  }
  return { source: source + literal(segment.slice(from)), names };
}

function named(token: string, names: string[], learned: Learned): string {
  const known = learned.get(token);
  if (known !== undefined) return literal(known);
  const before = names.indexOf(token);
  if (before >= 0) return `\\${before + 1}(?![\\w-])`;
  names.push(token);
  return token.startsWith('"') ? '("[^"]+")' : '([\\w.=-]+)';
}

function anyOf(token: string): string {
  const kind = ANY.find((each) => new RegExp(`^(?:${each.replace(/\(\?<=[^)]*\)/, '')})$`).test(token));
  return `(?:${kind ?? literal(token)})`;
}

function learn(names: readonly string[], match: RegExpExecArray, learned: Learned): void {
  for (const [i, name] of names.entries()) learned.set(name, match[i + 1] ?? '');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

type Parts = [head: string, body: string];

function headAndBody(text: string): Parts {
  const [head = '', ...body] = text.replaceAll('\r', '').split('\n\n');
  return [flat({ language: 'text', text: head }), flat({ language: 'json', text: body.join('') })];
}

/** Without what a page may lay out as it likes: widths of columns, breaks of JSON. */
function flat({ language, text }: Shown): string {
  const joined = language === 'json' ? text.trim().replace(/\s*\n\s*/g, '') : text;
  return joined
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}
