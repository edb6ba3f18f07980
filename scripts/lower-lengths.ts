/**
 * Lowers `test/project/long-today.json` to how long its files and functions are now, and takes out what is no longer
 * beyond the limit. It raises nothing and adds nothing: what grew is to be made shorter.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beyondLimits, type Kind, type Lengths, LIMITS } from '../test/support/lengths.ts';

const PATH = join(import.meta.dirname, '../test/project/long-today.json');

const listed: Lengths = JSON.parse(readFileSync(PATH, 'utf8'));
const found = beyondLimits();
const lowered = Object.fromEntries(
  (Object.keys(LIMITS) as Kind[]).map((kind) => [
    kind,
    Object.fromEntries(
      Object.entries(listed[kind]).flatMap(([name, lines]) => {
        const now = found[kind][name];
        return now === undefined ? [] : [[name, Math.min(lines, now)]];
      }),
    ),
  ]),
);
writeFileSync(PATH, `${JSON.stringify(lowered, null, 2)}\n`);
