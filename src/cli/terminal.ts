/** Where a command reads its settings from and writes its answer to. Tests pass another. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  /** One line of the answer, on standard output. */
  readonly print: (line: string) => void;
  /** One line beside the answer (progress, a failure), on standard error. */
  readonly note: (line: string) => void;
  /** How many characters a line takes; left out: 80. */
  readonly columns?: number;
  /** Replaces the last line that it wrote beside the answer; only where a person looks on. */
  readonly redraw?: (line: string) => void;
}

/** The terminal that this process runs in. */
export function ownTerminal(): Terminal {
  // A reader that went away (`| head`, a closed window) must not end a stop in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return {
    env: process.env,
    print: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    // Where nobody looks on, lines are as long as everywhere.
    ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
    ...(process.stderr.isTTY ? { redraw: (line) => process.stderr.write(`\r\x1b[2K${line}`) } : {}),
  };
}
