/** The `boon` command in this process, with a terminal that remembers. */
import { runProgram } from '../../src/cli/program.ts';

export type Ran = {
  code: number;
  /** The lines of the answer. */
  out: string;
  /** What was said beside it. */
  err: string;
  /** The answer, where it is JSON. */
  json: () => ReturnType<typeof JSON.parse>;
};

/** Runs `boon …args` with these settings, on a terminal on which every table has room. */
export async function boonCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns = 400,
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runProgram(args, {
    env,
    columns,
    print: (line) => out.push(line),
    note: (line) => err.push(line),
  });
  return { code, out: out.join('\n'), err: err.join('\n'), json: () => JSON.parse(out.join('\n')) };
}
