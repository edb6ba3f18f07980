/** What every command has in common. */
import { Command, InvalidArgumentError } from 'commander';
import { parseCredits } from '../domain/credits.ts';
import type { Terminal } from './terminal.ts';

/** A command with examples under its help; each example is what follows `boon `. */
export function newCommand(name: string, summary: string, examples: readonly string[] = []): Command {
  const command = new Command(name).summary(summary).description(`${summary}.`);
  if (examples.length > 0) {
    const lines = examples.map((example) => `  $ boon ${example}`).join('\n');
    command.addHelpText('after', `\nExamples:\n${lines}`);
  }
  return command;
}

/** Prints an answer: as JSON where `--json` was given, else the lines for people. */
export function answer(terminal: Terminal, command: Command, value: unknown, lines: readonly string[]): void {
  if (wantsJson(command)) terminal.print(JSON.stringify(value, null, 2));
  else for (const line of lines) terminal.print(line);
}

/** Whether the answer is for a program. */
function wantsJson(command: Command): boolean {
  return command.optsWithGlobals().json === true;
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
