/** A one-line fault, and what happens to a text that has it. */
import { createHash } from 'node:crypto';

/** One place of a text and what would stand there instead. */
export type Edit = {
  /** The kind of fault, such as `comparison` or `dropped condition`. */
  kind: string;
  start: number;
  end: number;
  instead: string;
};

/** A fault in a text that has a name: a SQL function, or a file of the sources. */
export type Fault = Edit & {
  /** Names the fault from run to run, as long as the line it is in stays where it is. */
  id: string;
  language: 'sql' | 'typescript';
  /** The function with the types of its arguments, or the file's path. */
  where: string;
  /** Of the function's body, or of the file; from 1. */
  line: number;
  /** The line as it is, and as the fault makes it. */
  before: string;
  after: string;
};

/** What stands instead of a word or sign, and how that kind of fault is called. */
export type Swaps = ReadonlyMap<string, readonly [kind: string, instead: string]>;

export function swaps(rows: readonly (readonly [text: string, kind: string, instead: string])[]): Swaps {
  return new Map(rows.map(([text, kind, instead]) => [text, [kind, instead]]));
}

/** Makes a fault of each edit of a text. */
export function faultsOf(
  language: Fault['language'],
  where: string,
  text: string,
  edits: readonly Edit[],
): Fault[] {
  return edits.map((edit) => {
    const line = text.slice(0, edit.start).split('\n').length;
    const lineStart = text.lastIndexOf('\n', edit.start - 1) + 1;
    const newline = text.indexOf('\n', edit.end);
    const lineEnd = newline === -1 ? text.length : newline;
    const head = text.slice(lineStart, edit.start);
    const tail = text.slice(edit.end, lineEnd);
    const was = text.slice(edit.start, edit.end);
    return {
      ...edit,
      id: `${where}:${line}:${edit.start - lineStart + 1} ${brief(was)} → ${brief(edit.instead)}`,
      language,
      where,
      line,
      before: `${head}${was}${tail}`.trim(),
      after: `${head}${edit.instead}${tail}`.trim(),
    };
  });
}

/** The text with the fault in it. */
export function withFault(text: string, edit: Edit): string {
  return text.slice(0, edit.start) + edit.instead + text.slice(edit.end);
}

function brief(text: string): string {
  const words = text.replaceAll(/\s+/g, ' ').trim();
  return words === '' ? 'nothing' : words.length > 60 ? `${words.slice(0, 57)}…` : words;
}

/** In the seed's order, which a fault that comes or goes does not change for the others: what was tried stays tried. */
export function inOrderOf<T extends { id: string }>(seed: number, faults: readonly T[]): T[] {
  const places = new Map(faults.map(({ id }) => [id, placeOf(seed, id)]));
  const place = ({ id }: T) => places.get(id) ?? '';
  return [...faults].sort((one, other) => (place(one) < place(other) ? -1 : 1));
}

function placeOf(seed: number, id: string): string {
  return createHash('sha256').update(`${seed} ${id}`).digest('hex');
}
