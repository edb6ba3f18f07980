/** Which tests are to notice a fault, in which order. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { CallsOfFile } from './calls.ts';
import type { Fault } from './fault.ts';
import type { SqlFunction } from './functions.ts';
import { reachOf } from './reach.ts';

const IDLE = new Set([
  'src',
  'ledger',
  'domain',
  'test',
  'unit',
  'model',
  'sql',
  'invariants',
  'the',
  'and',
  'read',
  'put',
]);

/** Files whose tests a busy machine makes fail as well. */
export const RACES = /races|lock|concurren|clients/;

/** Test files to run, and of those only the tests whose names match. */
export type Step = { files: string[]; named?: string };

/** Says for a fault which test files reach it: first those that take little and call little else, so that they are about it. */
export type StepsOf = (fault: Fault) => Step[];

export function stepsBy(
  project: string,
  calls: CallsOfFile[],
  functions: SqlFunction[],
  budget: number,
): StepsOf {
  const effort = ({ seconds, functions }: CallsOfFile) => seconds * (functions.length + 1);
  const narrowestFirst = [...calls].sort((one, other) => effort(one) - effort(other));
  const byFunction = (signature: string) =>
    narrowestFirst.filter((each) => each.functions.includes(signature));
  /** PostgreSQL does not count a function that it put into its caller: whoever calls the caller may have called it. */
  const inlined = (called: SqlFunction, seen: ReadonlySet<string>): CallsOfFile[] => {
    if (called.language !== 'sql' || seen.has(called.signature)) return [];
    const mention = new RegExp(`\\bboon_code\\.${called.name}\\b`);
    const callers = functions.filter(({ body }) => mention.test(body));
    const met = new Set([...seen, called.signature]);
    return [
      ...callers.flatMap((caller) => [...byFunction(caller.signature), ...inlined(caller, met)]),
      ...globSync('src/ledger/**/*.ts', { cwd: project }).flatMap((where) => {
        const start = readFileSync(join(project, where), 'utf8').search(mention);
        return start === -1 ? [] : reachOf(project, narrowestFirst, { where, start });
      }),
    ];
  };
  return (fault) => {
    const called = functions.find(({ signature }) => signature === fault.where);
    const reached =
      called === undefined
        ? reachOf(project, narrowestFirst, fault)
        : [...byFunction(called.signature), ...inlined(called, new Set())];
    const about = words(
      called === undefined ? fault.where : `${called.name}/${homesOf(project, called).join('/')}`,
    );
    const within: string[] = [];
    let spent = 0;
    const isAbout = ({ file }: CallsOfFile) => [...words(file)].some((word) => about.has(word));
    for (const each of [...reached.filter(isAbout), ...reached]) {
      if (within.includes(each.file)) continue;
      if (spent < budget || isAbout(each)) within.push(each.file);
      spent += each.seconds;
    }
    // Last those that are believed only when they fail again and again.
    const sure = within.filter((file) => !RACES.test(file));
    const unsure = within.filter((file) => RACES.test(file));
    return [...aboutInvariant(project, fault), { files: [...sure, ...unsure] }];
  };
}

/** The nouns that a function belongs to: folders of its file, which has its name or the beginning of it. */
function homesOf(project: string, { name }: SqlFunction): string[] {
  const words = name.split('_');
  for (let length = words.length; length > 0; length--) {
    const file = `${words.slice(0, length).join('_')}.sql`;
    const found = globSync(`src/ledger/*/sql/${file}`, { cwd: project });
    if (found.length > 0) return found.map((path) => basename(dirname(dirname(path))));
  }
  return [];
}

/** What names of functions and files are about: the beginnings of their words. */
function words(names: string): Set<string> {
  const all = names
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 2 && !IDLE.has(word));
  return new Set(all.map((word) => (word === 'use' ? 'usag' : word.slice(0, 4))));
}

/** A check of `verify` has tests under its name, and one says that it finds nothing in a sound ledger. */
function aboutInvariant(project: string, { where, start }: Fault): Step[] {
  if (!where.endsWith('invariants.ts')) return [];
  const before = readFileSync(join(project, where), 'utf8').slice(0, start);
  const name = [...before.matchAll(/^ {2}'(.+)': /gm)].at(-1)?.[1];
  const named = `finds nothing wrong|nothing is wrong|told a time${name === undefined ? '' : `|${escaped(name)}`}`;
  return [{ files: ['test/ledger/verify.test.ts'], named }];
}

function escaped(name: string): string {
  return name.replaceAll(/[^\w ]/g, '.');
}
