/** The fenced blocks of a page of the documentation, and the commands in them. */

export type Block = {
  /** The line of its fence. */
  line: number;
  /** What follows the fence: `sh`, `json` … */
  language: string;
  text: string;
  /** The comment directly above it: `<!-- not run: why -->` without its brackets. */
  mark: string | undefined;
  at: Lines;
};

export type Command = {
  line: number;
  script: string;
  /** What the page shows below it; undefined when it shows nothing. */
  shown: Shown | undefined;
};

export type Shown = { language: string; text: string; at?: Lines };

/** Lines of a page, counted from 0, the last not among them, and how far they are indented. */
export type Lines = { from: number; to: number; indent: string };

const FENCE = /^(?<indent>\s*)```(?<language>\S*)\s*$/;
const MARK = /^\s*<!-- (?<mark>.*) -->\s*$/;
const COMMANDS = new Set(['sh', 'bash', 'console']);
const OUTPUT = new Set(['json', 'http', 'text']);

/** Every fenced block, in order. */
export function blocksOf(page: string): Block[] {
  const lines = page.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const { indent = '', language = '' } = FENCE.exec(lines[at] ?? '')?.groups ?? {};
    if (!FENCE.test(lines[at] ?? '')) continue;
    const end = lines.findIndex((line, i) => i > at && FENCE.exec(line)?.groups?.language === '');
    if (end < 0) throw new Error(`The block at line ${at + 1} has no end`);
    const text = lines
      .slice(at + 1, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join('\n');
    const where = { from: at + 1, to: end, indent };
    blocks.push({ line: at + 1, language, text, mark: markAbove(lines, at), at: where });
    at = end;
  }
  return blocks;
}

/** Whether a block holds commands. */
export function isCommands({ language }: Block): boolean {
  return COMMANDS.has(language);
}

/** Whether the block's commands are left out, and why. */
export function notRun({ mark }: Block): string | undefined {
  return /^not run: (?<why>.+)$/.exec(mark ?? '')?.groups?.why;
}

/** The commands of a page that are run, in order, each with what the page shows of its output. */
export function commandsOf(page: string): Command[] {
  const lines = page.split('\n');
  const blocks = blocksOf(page);
  return blocks.flatMap((block, i) => {
    if (!isCommands(block) || notRun(block) !== undefined) return [];
    if (block.language === 'console') return consoleCommands(block);
    const next = blocks[i + 1];
    const end = block.line + block.text.split('\n').length + 1;
    const between = lines.slice(end, (next?.line ?? 0) - 1).join('');
    const follows = next !== undefined && OUTPUT.has(next.language) && between.trim() === '';
    return [{ line: block.line, script: block.text, shown: follows ? next : undefined }];
  });
}

/** Output blocks that follow no command: nothing proves them. */
export function looseOutputs(page: string): Block[] {
  const blocks = blocksOf(page);
  const shown = new Set(commandsOf(page).map((command) => command.shown?.at?.from));
  const skipped = blocks.filter((_, i) => notRun(blocks[i - 1] ?? ({} as Block)) !== undefined);
  return blocks.filter(
    (block) =>
      OUTPUT.has(block.language) &&
      !shown.has(block.at.from) &&
      !skipped.includes(block) &&
      notRun(block) === undefined,
  );
}

/** `$ ` begins a command, which goes on while its lines end in a backslash; what follows is its output. */
function consoleCommands({ line, text, at: { indent } }: Block): Command[] {
  const commands: { line: number; script: string[]; output: string[] }[] = [];
  let continues = false;
  for (const [i, each] of text.split('\n').entries()) {
    const last = commands.at(-1);
    if (each.startsWith('$ ')) commands.push({ line: line + i + 1, script: [each.slice(2)], output: [] });
    else if (continues) last?.script.push(each);
    else last?.output.push(each);
    continues = (each.startsWith('$ ') || continues) && each.endsWith('\\');
  }
  return commands.map(({ line: at, script, output }) => {
    const shown = output.join('\n').trimEnd();
    const from = at - 1 + script.length;
    const to = from + shown.split('\n').length;
    return {
      line: at,
      script: script.join('\n'),
      shown: shown === '' ? undefined : { language: 'console', text: shown, at: { from, to, indent } },
    };
  });
}

function markAbove(lines: readonly string[], fence: number): string | undefined {
  let at = fence - 1;
  while (at >= 0 && lines[at]?.trim() === '') at -= 1;
  return MARK.exec(lines[at] ?? '')?.groups?.mark;
}
