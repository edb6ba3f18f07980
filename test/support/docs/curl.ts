/** As much of curl as the documentation uses. */
import { parseArgs } from 'node:util';

type Said = { print: (line: string) => void; note: (line: string) => void };

/** What curl sends unless it is told otherwise. */
const FORM = 'application/x-www-form-urlencoded';
const OPTIONS = {
  request: { type: 'string', short: 'X' },
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd' },
  include: { type: 'boolean', short: 'i' },
  silent: { type: 'boolean', short: 's' },
  'show-error': { type: 'boolean', short: 'S' },
} as const;

/** @returns the exit code: 7 when nothing answers */
export async function curl(args: readonly string[], { print, note }: Said): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const { data: body } = values;
  const form: [string, string][] = body === undefined ? [] : [['content-type', FORM]];
  const headers = (values.header ?? []).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  try {
    const answer = await fetch(String(positionals[0]), {
      method: values.request ?? (body === undefined ? 'GET' : 'POST'),
      headers: Object.fromEntries([...form, ...headers]),
      redirect: 'manual',
      ...(body === undefined ? {} : { body: body }),
    });
    if (values.include === true) {
      print(`HTTP/1.1 ${answer.status} ${answer.statusText}`);
      for (const [name, value] of answer.headers) print(`${name}: ${value}`);
      print('');
    }
    print(await answer.text());
    return 0;
  } catch {
    note(`curl: (7) Could not connect to ${positionals[0]}`);
    return 7;
  }
}
