/** What a benchmark is given and gives. */
import type { Figure } from './figure.ts';

export type BenchContext = {
  /** A PostgreSQL of the run's own, its superuser. */
  postgresUrl: string;
  /** Its process. */
  postgresPid: number;
  /** Scratch folder, removed afterwards. */
  folder: string;
  rounds: number;
  /** How many requests a process has answered that is weighed. */
  requests: number;
  /** Length of one measurement. */
  seconds: number;
  progress: (line: string) => void;
};

/** Measures round by round, what is compared side by side, and gives its figures. */
export type Bench = (context: BenchContext) => Promise<Figure[]>;
