/**
 * Which test files ran a place of the sources. What stands outside of functions runs once for all files that share a
 * process, so a constant is taken to run where it is used.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CallsOfFile, digestOf, type Place } from './calls.ts';
import type { Fault } from './fault.ts';

type Point = { path: string; offset: number };

/** A constant that is part of another one that is part of a third. */
const DEEPEST = 4;

export function reachOf(
  project: string,
  calls: readonly CallsOfFile[],
  { where, start }: Pick<Fault, 'where' | 'start'>,
): CallsOfFile[] {
  const all = new Map<string, Place[]>();
  for (const { sources } of calls)
    for (const [path, { places }] of Object.entries(sources))
      all.set(path, [...(all.get(path) ?? []), ...places]);
  const texts = new Map([...all.keys()].map((path) => [path, readFileSync(join(project, path), 'utf8')]));

  const usesOf = (point: Point, depth: number): Point[] => {
    const inside = innermost(all.get(point.path) ?? [], point.offset);
    if (inside !== undefined && inside[0] > 0) return [point];
    const declared = [
      ...(texts.get(point.path) ?? '').slice(0, point.offset).matchAll(/^(?:export )?const (\w+)/gm),
    ].at(-1);
    const name = declared?.[1];
    if (name === undefined || depth === DEEPEST) return [];
    return [...texts].flatMap(([path, text]) =>
      [...text.matchAll(new RegExp(`(?<!const )\\b${name}\\b`, 'g'))]
        .filter(({ index }) => !/^import\b[^;]*$/m.test(text.slice(text.lastIndexOf(';', index) + 1, index)))
        .flatMap(({ index }) => usesOf({ path, offset: index }, depth + 1)),
    );
  };

  const points = usesOf({ path: where, offset: start }, 0);
  return calls.filter(({ sources }) =>
    points.some(({ path, offset }) => {
      const source = sources[path];
      if (source === undefined) return false;
      return (
        source.digest !== digestOf(join(project, path)) || (innermost(source.places, offset)?.[2] ?? 0) > 0
      );
    }),
  );
}

function innermost(places: readonly Place[], offset: number): Place | undefined {
  return places
    .filter(([from, to]) => from <= offset && offset < to)
    .sort((one, other) => one[1] - one[0] - (other[1] - other[0]))[0];
}
