/**
 * Runs every command of the documentation, on one fresh start, and compares what it prints with what the page shows. With
 * `BOON_WRITE_DOCS=on` outputs that are shown whole (without `…`) are written anew into the page.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningStack, type StackAddresses } from '../../src/local/running-stack.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { type Command, commandsOf, type Lines } from '../support/docs/page.ts';
import { DocsShell } from '../support/docs/shell.ts';
import { differenceOf, type Learned, shownAnew, withLearned } from '../support/docs/shown-output.ts';
import { type LocalStart, startForFile } from '../support/local-start.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = globSync(['README.md', 'docs/*.md', 'packages/*/README.md'], { cwd: ROOT })
  .sort()
  .map((page) => ({ page, commands: commandsOf(readFileSync(join(ROOT, page), 'utf8')) }))
  .filter(({ commands }) => commands.length > 0);

/** What has to come of itself, such as the end of a campaign, has this long. */
const PATIENCE_MS = 15_000;
/** What is written anew is looked at this much later. */
const SETTLES_MS = 1_500;
/** Asks and changes nothing, so that it may be asked again. */
const ASKS =
  /^(?:curl (?!.*(?: -X| -d))|boon [\w-]+ (?:show|list|get|balance|limits|statement|cases)\b|boon doctor|temporal workflow (?:list|describe|metadata)\b)/s;

let folder: string;
let start: LocalStart;
let shell: DocsShell;
let addresses: StackAddresses;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boon-docs-'));
  const dataDir = join(folder, '.boon');
  start = startForFile({ BOON_DATA_DIR: dataDir });
  await start.untilPrinted('Boon runs', 120_000);
  const running = await runningStack(dataDir);
  if (running === undefined) throw new Error('Nothing runs');
  addresses = running;
  const env = {
    BOON_DATA_DIR: dataDir,
    TEMPORAL_ADDRESS: running.temporalAddress,
    TEMPORAL_CODEC_ENDPOINT: `${running.url}/codec`,
    TEMPORAL_CODEC_AUTH: `Bearer ${readFileSync(join(dataDir, 'api-key'), 'utf8').trim()}`,
  };
  shell = await DocsShell.open(folder, env, await findTemporalCli());
});
afterAll(async () => {
  await shell?.close();
  start?.ctrlC();
  await start?.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** Where the page says the usual ports, and the folder of the reader. */
function places(): [said: string, here: string][] {
  return [
    ['http://localhost:8080', addresses.url.replace('127.0.0.1', 'localhost')],
    ['http://localhost:8233', String(addresses.uiUrl).replace('127.0.0.1', 'localhost')],
    ['localhost:7233', addresses.temporalAddress.replace('127.0.0.1', 'localhost')],
    ['127.0.0.1:7233', addresses.temporalAddress],
    ['http://127.0.0.1:8080', addresses.url],
  ];
}

function typed(script: string, learned: Learned): string {
  return places().reduce((text, [said, here]) => text.replaceAll(said, here), withLearned(script, learned));
}

function asSaid(output: string): string {
  const said = places().reduce((text, [there, here]) => text.replaceAll(here, there), output);
  return said.replaceAll(`${folder}/`, '');
}

const WRITES = process.env.BOON_WRITE_DOCS === 'on';
type Written = { at: Lines; text: string };

function writePage(page: string, written: readonly Written[]): void {
  const lines = readFileSync(join(ROOT, page), 'utf8').split('\n');
  for (const { at, text } of written.toReversed()) {
    lines.splice(
      at.from,
      at.to - at.from,
      ...text.split('\n').map((line) => `${at.indent}${line}`.trimEnd()),
    );
  }
  writeFileSync(join(ROOT, page), lines.join('\n'));
}

/** @returns undefined when the command does what the page shows */
async function faultOf(
  { line, script, shown }: Command,
  learned: Learned,
  written: Written[],
): Promise<string | undefined> {
  const ours = typed(script, learned);
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const output = /(?:^|\n)npm start$/.test(script)
      ? { code: 0, output: start.output() }
      : await shell.run(ours);
    const printed = asSaid(output.output);
    const difference =
      shown === undefined
        ? output.code === 0
          ? undefined
          : `it ends with ${output.code}`
        : differenceOf(shown, printed, learned);
    if (difference === undefined) return undefined;
    const at = shown?.at;
    if (WRITES && shown !== undefined && at !== undefined && !shown.text.includes('…')) {
      if (ASKS.test(script) && performance.now() < end - PATIENCE_MS + SETTLES_MS) {
        await pause(250);
        continue;
      }
      written.push({ at, text: shownAnew(shown, printed, learned) });
      return undefined;
    }
    if (!ASKS.test(script) || performance.now() > end) {
      return `line ${line}: ${difference}\n$ ${ours}\n${printed}\n`;
    }
    await pause(250);
  }
}

test.each(PAGES)('what $page shows is what its commands print', async ({ page, commands }) => {
  const learned: Learned = new Map();
  const faults: string[] = [];
  const written: Written[] = [];
  for (const command of commands) {
    const fault = await faultOf(command, learned, written);
    if (fault !== undefined) faults.push(fault);
  }
  if (written.length > 0) writePage(page, written);
  expect(faults.join('\n')).toBe('');
});
