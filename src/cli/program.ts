/** The `boon` command: its commands put together, and how it ends. */
import { readFileSync } from 'node:fs';
import { type Argument, Command, CommanderError, Help } from 'commander';
import { StartCalledOff } from '../local/running-parts.ts';
import { CALLS } from './calls.ts';
import { newCommand, WIDTH } from './command.ts';
import { todaysWords } from './earlier-names.ts';
import { EXIT, failureOf, UsedWrongly } from './failure.ts';
import { NOUNS } from './nouns.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command. @param args what follows `boon`. @returns the exit code; a service runs on after that */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const words = todaysWords(args);
  const asJson = words.includes('--json');
  try {
    refuseVerbFirst(words);
    const boon = await program(terminal, (noun) => words.includes(noun), asJson);
    await boon.parseAsync(words, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof StartCalledOff) return EXIT.interrupted;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      if (asJson)
        terminal.note(problemText({ code: 'usage', detail: error.message.replace(/^error: /, '') }));
      return EXIT.usage;
    }
    const { code, sentence, problem } = await failureOf(error, terminal.env);
    terminal.note(asJson ? problemText(problem) : sentence);
    if (terminal.env.BOON_LOG_LEVEL === 'debug' && error instanceof Error) terminal.note(error.stack ?? '');
    return code;
  }
}

/** @throws UsedWrongly at `list gifts`, with the command that is meant */
function refuseVerbFirst([verb = '', noun = '']: readonly string[]): void {
  const meant = [noun, noun.replace(/s$/, '')].map((one) => `${one} ${verb}`).find((name) => name in CALLS);
  if (meant !== undefined)
    throw new UsedWrongly(`There is no \`boon ${verb} ${noun}\`: did you mean \`boon ${meant}\`?`);
}

/**
 * The whole command, with the verbs of those nouns alone that are wanted: the others are only listed.
 *
 * @param isWanted whether a noun is
 * @param asJson whether what was typed wrongly is said in JSON, by whoever runs it
 */
export async function program(
  terminal: Terminal,
  isWanted: (noun: string) => boolean = () => true,
  asJson = false,
): Promise<Command> {
  const boon = new Command('boon')
    .description('Credit gifts that are screened, held and settled exactly once.')
    .version(version(), '-V, --version', 'print the version')
    .option('--json', 'answer in JSON, as the API does, for programs');
  boon.addHelpText('after', AFTER);
  for (const [heading, nouns] of Object.entries(NOUNS)) {
    for (const { name, summary, load } of nouns) {
      const command = newCommand(name, summary).helpGroup(heading);
      if (isWanted(name)) (await load())(command, terminal);
      boon.addCommand(command);
    }
  }
  forAll(boon, (command, name) => {
    const calls = CALLS[name];
    if (calls !== undefined) command.addHelpText('after', `\nAPI: ${calls.join(', ')}`);
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
      outputError: (text, write) => (asJson ? undefined : write(text)),
      getOutHelpWidth: () => WIDTH,
      getErrHelpWidth: () => WIDTH,
    });
    command.configureHelp({
      showGlobalOptions: true,
      minWidthToWrap: 20,
      subcommandTerm: (inner) => [inner.name(), ...inner.registeredArguments.map(argumentText)].join(' '),
      visibleGlobalOptions: () => boon.options.filter(({ long }) => command !== boon && long === '--json'),
    });
    checkRequiredLast(command);
    command.helpOption('-h, --help', 'show this help');
    command.helpCommand(false);
  });
  const help = new Command('help').argument('[command]').description('show the help of a command');
  return boon.addHelpCommand(help.helpOption(false).helpGroup(Object.keys(NOUNS)[0] ?? ''));
}

const AFTER = `
Examples:
  $ boon start
  $ boon doctor
  $ boon gift send 40 --from ada --to grace
  $ boon ledger verify

\`boon <command> --help\` says more about each.
Exit codes: 0 done, 1 refused or failed, 2 used wrongly, 3 no answer: Boon, its
database or Temporal cannot be reached.`;

function argumentText(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

/** Options that must be given are asked for after unknown ones: a mistyped one is named as that. */
function checkRequiredLast(command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) {
    option.mandatory = false;
  }
  command.configureHelp({
    ...command.configureHelp(),
    optionDescription: (option) =>
      `${new Help().optionDescription(option)}${required.includes(option) ? ' (required)' : ''}`,
  });
  command.hook('preAction', (_, ran) => {
    const missing = required.find((option) => ran.getOptionValue(option.attributeName()) === undefined);
    if (missing !== undefined) ran.error(`error: required option '${missing.flags}' not specified`);
  });
}

function problemText(problem: object): string {
  return JSON.stringify(problem, null, 2);
}

/** @param name what follows `boon` to get there */
export function forAll(command: Command, change: (command: Command, name: string) => void, name = ''): void {
  change(command, name);
  for (const inner of command.commands) forAll(inner, change, `${name} ${inner.name()}`.trim());
}

/** Of the package, which is two folders above both the sources and the compiled code. */
function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
