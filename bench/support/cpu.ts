/** CPU time of processes on Linux, by which a cost can be told on a machine that others use too. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/PID/stat. */
const TICKS = 100;

/** CPU seconds that a process has used so far, user and system. */
export function cpuSeconds(pid: number): number {
  const { own } = timesOf(pid);
  return own / TICKS;
}

/** The same of a process and all that it has started, and they: PostgreSQL's server and its connections. */
export function cpuSecondsOfTree(pid: number): number {
  const all = new Map<number, Times>();
  for (const id of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      all.set(id, timesOf(id));
    } catch {
      // It has just ended.
    }
  }
  const isOfTree = (id: number): boolean => {
    const parent = all.get(id)?.parent;
    return id === pid || (parent !== undefined && parent > 0 && isOfTree(parent));
  };
  let ticks = 0;
  for (const [id, { own, ended }] of all) if (isOfTree(id)) ticks += own + ended;
  return ticks / TICKS;
}

/** Ticks of a process, and of the children that it has waited for. */
type Times = { parent: number; own: number; ended: number };

function timesOf(pid: number): Times {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; the fields after it do not.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (index: number) => fields[index] ?? 0;
  return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
}
