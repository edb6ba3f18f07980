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
  return text
    .replace(/"\d+@[^"]*"/g, '"recording"')
    .replace(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""');
}

/** Everything that a history says, payloads decoded: what somebody who may read it can read. */
export function readableHistory(history: proto.temporal.api.history.v1.IHistory): string {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String });
  // A Buffer has made this of itself before it comes here.
  return JSON.stringify(plain, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value,
  );
}
