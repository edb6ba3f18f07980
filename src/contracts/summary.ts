/** The one line that Temporal's Web UI shows of a workflow, an activity or a timer. */

/** What Temporal's list shows in one line; a server takes no more than 400 bytes. */
const MOST_CHARACTERS = 200;
const MOST_BYTES = 300;

/** The text as a summary: one line, cut off where it is longer than 200 characters, or 300 bytes. */
export function summaryOf(text: string): string {
  const characters = [...text.replace(/\s+/gu, ' ').trim()];
  if (fits(characters)) return characters.join('');
  let kept = '';
  let bytes = 0;
  for (const character of characters.slice(0, MOST_CHARACTERS - 1)) {
    bytes += bytesOf(character);
    if (bytes > MOST_BYTES - bytesOf(CUT)) break;
    kept += character;
  }
  return `${kept.trimEnd()}${CUT}`;
}

const CUT = '…';

function fits(characters: readonly string[]): boolean {
  const bytes = characters.reduce((sum, character) => sum + bytesOf(character), 0);
  return characters.length <= MOST_CHARACTERS && bytes <= MOST_BYTES;
}

/** How long a character is in UTF-8. */
function bytesOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}
