/** Plain text for people: names with values, and rows in columns. */

type Cell = string | number | boolean | null | undefined;

/** One line a field, names in a column of their own. Fields without a value are left out. */
export function fieldLines(fields: Readonly<Record<string, Cell>>): string[] {
  const shown = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

/** A heading and one line a row. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  none: string,
): string[] {
  if (rows.length === 0) return [none];
  const cells = [headings, ...rows].map((row) => row.map((cell) => String(cell ?? '-')));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
