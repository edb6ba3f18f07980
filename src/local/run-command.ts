import { spawn } from 'node:child_process';

/** How a command went. `ok` is false also when there is no such command. */
interface RunResult {
  readonly ok: boolean;
  /** What it printed to both outputs, in order. */
  readonly output: string;
}

/** Runs a command to its end and never rejects. A seam: tests pass one that starts nothing. */
export type Run = (
  command: string,
  args: readonly string[],
  options?: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly uid?: number;
    readonly gid?: number;
  },
) => Promise<RunResult>;

/** Runs a command to its end and keeps what it printed. */
export const runCommand: Run = (command, args, options) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });

/** The last line that says anything: of a failed build or server, most often the reason. */
export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}
