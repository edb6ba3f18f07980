/** Plain text for people: names with values, and rows in columns. Both fold where the terminal ends. */

export type Cell = string | number | boolean | null | undefined;

/** A part of an answer: a line as it is, or what becomes lines once the width is known. */
export type Block = string | ((width: number) => string[]);

/** Between columns, and before what is folded. */
const GAP = 2;

/** The lines of an answer on a terminal of this width. */
export function laidOut(blocks: readonly Block[], width: number): string[] {
  return blocks.flatMap((block) => (typeof block === 'string' ? [block] : block(width)));
}

/** A sentence, folded. */
export function text(sentence: string): Block {
  return (width) => wrapped(sentence, width);
}

/** One line a field, names in a column of their own. Fields without a value are left out. */
export function fields(named: Readonly<Record<string, Cell>>): Block {
  const shown = Object.entries(named).filter(([, value]) => value !== null && value !== undefined);
  const names = Math.max(0, ...shown.map(([name]) => name.length)) + GAP;
  return (width) =>
    shown.flatMap(([name, value]) => {
      const [first = '', ...rest] = wrapped(String(value), width - names);
      return [
        `${name.padEnd(names)}${first}`.trimEnd(),
        ...rest.map((line) => `${' '.repeat(names)}${line}`),
      ];
    });
}

/**
 * A heading and one line a row. Where that is too wide each row, and the heading, takes more lines: the columns that
 * do not fit follow below the first, indented.
 */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], none: string): Block {
  if (rows.length === 0) return none;
  const cells = [headings, ...rows].map((row) => row.map((cell) => String(cell ?? '-')));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return (width) => {
    const groups = grouped(widths, width);
    return cells.flatMap((row) =>
      groups.flatMap((columns, line) => {
        const text = columns.map((column) => (row[column] ?? '').padEnd(widths[column] ?? 0));
        const joined = text.join(' '.repeat(GAP)).trimEnd();
        return line === 0
          ? [joined]
          : wrapped(joined, width - GAP).map((part) => `${' '.repeat(GAP)}${part}`);
      }),
    );
  };
}

/** Which columns share a line. The first line has the first column, whatever its width. */
function grouped(widths: readonly number[], width: number): number[][] {
  const groups: number[][] = [];
  let left = -1;
  widths.forEach((wanted, column) => {
    const last = groups.at(-1);
    if (last !== undefined && wanted + GAP <= left) {
      last.push(column);
      left -= wanted + GAP;
    } else {
      groups.push([column]);
      left = width - wanted - (groups.length > 1 ? GAP : 0);
    }
  });
  return groups;
}

/** A text in lines of at most this width, broken between words; a word that is longer stays whole, to be copied. */
export function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
