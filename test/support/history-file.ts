/** Histories as JSON files: the protocol's own names and values, times as seconds and nanoseconds. */
import { readFile, writeFile } from 'node:fs/promises';
import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;

/** Writes a history, as a client's `fetchHistory` gives it. */
export async function writeHistory(
  file: string,
  history: proto.temporal.api.history.v1.IHistory,
): Promise<void> {
  const plain = History.toObject(History.fromObject(history), {
    bytes: String,
    longs: String,
    enums: String,
  });
  await writeFile(file, `${withoutMachine(JSON.stringify(plain, null, 1))}\n`);
}

/** Reads it back. */
export async function readHistory(file: string): Promise<proto.temporal.api.history.v1.History> {
  return History.fromObject(JSON.parse(await readFile(file, 'utf8')));
}

/** Leaves out what tells of the machine that recorded and of nothing that a replay looks at: `pid@host`, stacks. */
function withoutMachine(text: string): string {
  return text.replace(/"\d+@[^"]*"/g, '"recording"').replace(/"stackTrace": "[^"]*"/g, '"stackTrace": ""');
}
