/**
 * The ledger's functions, each in `src/ledger/<noun>/sql/<function>.sql`. They live in a schema of their own, `boon_code`,
 * on which nothing stored depends: where their texts differ from those of this Boon, it is made anew as a whole.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type pg from 'pg';
import { CODE_VERSION } from './code-version.ts';

const LEDGER = join(import.meta.dirname, '..');

/** A file of functions or types: its name, and its text. */
export type CodeFile = { name: string; text: string };

/** The files of this Boon, each after the types and functions that it refers to, as far as these do not refer to it. */
export async function codeFiles(): Promise<CodeFile[]> {
  const paths = (await readdir(LEDGER, { recursive: true })).filter((path) =>
    /[\\/]sql[\\/]\w+\.sql$/.test(path),
  );
  const files = await Promise.all(
    paths.sort().map(async (path) => {
      const text = await readFile(join(LEDGER, path), 'utf8');
      return { name: basename(path, '.sql'), text };
    }),
  );
  return ordered(files);
}

/** A digest of all texts, whatever their folders are called. Hex. */
export function digestOf(files: readonly CodeFile[]): string {
  const digest = createHash('sha256');
  const byName = [...files].sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const { name, text } of byName) digest.update(`${name}\n${text}\n`);
  return digest.digest('hex');
}

/** The version of the functions in a database; undefined where there are none yet. */
export async function presentCode(
  client: pg.Client,
): Promise<{ version: number; digest: string } | undefined> {
  const { rows: made } = await client.query("SELECT to_regclass('boon.code') IS NOT NULL AS made");
  if (!made[0].made) return undefined;
  return (await client.query<{ version: number; digest: string }>('SELECT version, digest FROM boon.code'))
    .rows[0];
}

/** Makes the functions anew where they are not those of this Boon. Within the transaction of the migrations. */
export async function installCode(client: pg.Client): Promise<void> {
  const files = await codeFiles();
  const digest = digestOf(files);
  if ((await presentCode(client))?.digest === digest) return;
  await client.query('DROP SCHEMA IF EXISTS boon_code CASCADE');
  await client.query('CREATE SCHEMA boon_code');
  // Two that call each other have no order: a test checks all bodies.
  await client.query('SET LOCAL check_function_bodies = off');
  for (const { text } of files) await client.query(text);
  await client.query(
    `INSERT INTO boon.code (version, digest) VALUES ($1, $2)
     ON CONFLICT (one) DO UPDATE SET version = excluded.version, digest = excluded.digest`,
    [CODE_VERSION, digest],
  );
}

function ordered(files: readonly CodeFile[]): CodeFile[] {
  const maker = new Map<string, CodeFile>();
  for (const file of files)
    for (const [, name = ''] of file.text.matchAll(/^CREATE (?:FUNCTION|TYPE) boon_code\.(\w+)/gm))
      maker.set(name, file);
  const done = new Set<CodeFile>();
  const visit = (file: CodeFile) => {
    if (done.has(file)) return;
    done.add(file);
    for (const [, name = ''] of file.text.matchAll(/\bboon_code\.(\w+)/g)) {
      const needed = maker.get(name);
      if (needed !== undefined) visit(needed);
    }
    sorted.push(file);
  };
  const sorted: CodeFile[] = [];
  for (const file of files) visit(file);
  return sorted;
}
