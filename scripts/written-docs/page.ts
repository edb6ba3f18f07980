/** A page that is written from code: a title, some prose and a table. */
export function page(title: string, ...parts: readonly (readonly string[])[]): string {
  const note = '<!-- Written by scripts/write-docs.ts from the code. Change that, not this page. -->';
  const text = parts.map((lines) => lines.map(escaped).join('\n')).join('\n\n');
  return `${note}\n# ${title}\n\n${text}\n`;
}

/** The rows of a table under its headings. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---|').join('')}`, ...rows.map(line)];
}

/** Placeholders in angle brackets would be taken for HTML. */
function escaped(line: string): string {
  return line.startsWith('|') ? line.replaceAll('<', '&lt;').replaceAll('>', '&gt;') : line;
}
