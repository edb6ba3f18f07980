/** What every command has in common. */
import { Command, InvalidArgumentError } from 'commander';
import type { WriteOptions } from '../client/caller.ts';
import { parseCredits } from '../domain/credits.ts';
import { type Block, laidOut } from './table.ts';
import type { Terminal } from './terminal.ts';

/** The width of help, and of answers where nobody looks on. */
export const WIDTH = 80;

/** A command with examples under its help; each example is what follows `boon `. */
export function newCommand(name: string, summary: string, examples: readonly string[] = []): Command {
  const command = new Command(name).summary(summary).description(`${summary}.`);
  return withExamples(command, examples);
}

/** The same for a command that is there. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  if (examples.length === 0) return command;
  return command.addHelpText('after', `\nExamples:\n${examples.map(exampleLines).join('\n')}`);
}

/** An example that is too long goes on below, as a shell takes it: broken before an option. */
function exampleLines(example: string): string {
  const parts = `boon ${example}`.split(/ (?=--)/);
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    // Four before it, two behind it for ` \`.
    if (last !== undefined && last.length + part.length + 7 <= WIDTH)
      lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(part);
  }
  return `  $ ${lines.join(' \\\n      ')}`;
}

/** Prints an answer: as JSON where `--json` was given, else the lines for people. */
export function answer(terminal: Terminal, command: Command, value: unknown, blocks: readonly Block[]): void {
  if (command.optsWithGlobals().json === true) terminal.print(JSON.stringify(value, null, 2));
  else for (const line of laidOut(blocks, terminal.columns ?? WIDTH)) terminal.print(line);
}

/** Adds the option that names an operation, so that it happens once. @param meaning such as `gives twice` */
export function withKey(command: Command, meaning: string): Command {
  return command.option('--idempotency-key <key>', `the same key never ${meaning}; default: a new one`);
}

/** What the option says to the client. */
export function keyOf({ idempotencyKey }: { idempotencyKey?: string }): WriteOptions {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

/** Without what was not given: an option that is left out is no field. */
export function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Reads an amount of credits. @throws InvalidArgumentError, which commander reports as a usage error */
export function credits(text: string): string {
  const micro = parseCredits(text);
  if (micro !== undefined && micro > 0n) return text;
  throw new InvalidArgumentError(
    'It must be credits above zero such as 40 or 12.5, with at most six decimals.',
  );
}

/** Reads a moment: RFC 3339, or `now`. */
export function moment(text: string): string {
  const time = text === 'now' ? Date.now() : Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('It must be a time such as 2026-06-11T09:00:00Z, or now.');
}

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

/** `none` takes a value away. Said here: an option that is read as null is an empty text to commander. */
export function orNone(text: string | undefined): string | null | undefined {
  return text === 'none' ? null : text;
}
