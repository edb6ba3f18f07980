/**
 * Finds the reason codes that the ledger's SQL functions give, by reading their texts. A reader of tokens, not of the whole
 * language: it starts where a reason is put (an argument, a column, a key of an answer) and goes back from there.
 *
 * - A text in quotes is given where it stands alone, or behind THEN or ELSE; behind WHEN, = or IN it is only compared.
 * - A variable gives what is assigned to it in its function. A field of a record gives what is assigned to it, and the
 *   output of that name of the function that the record comes from.
 * - A call gives what the function returns.
 * - A field of an input gives what the functions give that return rows of its type.
 *
 * What comes out of a table or from a caller (`r.status`, `p ->> 'reason'`) gives nothing.
 */

/** A function as PostgreSQL tells it: `pg_get_functiondef`, and the names and types of its inputs in order. */
export type SqlFunction = { name: string; text: string; inputs: string[]; types: string[] };

export const SQL_FUNCTIONS = `
  SELECT p.proname AS name, pg_get_functiondef(p.oid) AS text,
    ARRAY(SELECT coalesce(x.name, '') FROM unnest(p.proargnames, p.proargmodes::text[]) WITH ORDINALITY x (name, mode, n)
      WHERE coalesce(x.mode, 'i') IN ('i', 'b', 'v') ORDER BY x.n) AS inputs,
    ARRAY(SELECT t.typname::text FROM unnest(p.proargtypes) WITH ORDINALITY x (id, n) JOIN pg_type t ON t.oid = x.id ORDER BY x.n) AS types
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind = 'f' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1`;

const TOKEN = /--[^\n]*|'(?:[^']|'')*'|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|:=|<>|->>|[^\s]/g;
const NAME = /^[A-Za-z_]/;
const OPENS = new Set(['(', '[', 'CASE']);
const CLOSES = new Set([')', ']', 'END']);
const ENDS = new Set([',', ';', 'WHERE', 'RETURNING', 'FROM', 'INTO']);

type Read = SqlFunction & { tokens: string[] };

export class SqlReasons {
  readonly #functions: readonly Read[];
  /** What is being followed: a function may call itself. */
  readonly #followed = new Set<string>();

  constructor(functions: readonly SqlFunction[]) {
    this.#functions = functions.map((read) => ({
      ...read,
      tokens: (read.text.match(TOKEN) ?? []).filter((token) => !token.startsWith('--')),
    }));
  }

  /** What is given for the input `name` of functions whose first input is a row of `table`; `when` looks at the arguments. */
  ofArgument(
    table: string,
    name: string,
    when: (args: readonly string[]) => boolean = () => true,
  ): Set<string> {
    const takers = this.#functions.filter(({ inputs, types }) => types[0] === table && inputs.includes(name));
    return this.#from((read, i) => {
      const taker = takers.find((one) => isCallOf(read.tokens, i, one.name));
      if (taker === undefined) return [];
      const args = argumentsAt(read.tokens, i + 2);
      if (!when(args.map((arg) => arg.join(' ')))) return [];
      return args[taker.inputs.indexOf(name)] ?? [];
    });
  }

  /** What is given for the input `input` in calls of the function `name`. */
  ofInput(name: string, input: string): Set<string> {
    return this.#from((read, i) => this.#inputAt(read.tokens, i, name, input));
  }

  /** What an UPDATE of `table` sets `column` to. */
  ofColumn(table: string, column: string): Set<string> {
    return this.#from((read, i) => {
      const { tokens } = read;
      if (tokens[i] !== column || tokens[i + 1] !== '=') return [];
      const statement = tokens.slice(tokens.lastIndexOf(';', i) + 1, i);
      const update = statement.lastIndexOf('UPDATE');
      const isSet = statement.lastIndexOf('SET') > Math.max(update, statement.lastIndexOf('WHERE'));
      return update >= 0 && isSet && lastPart(statement[update + 1]) === table
        ? expressionAt(tokens, i + 2)
        : [];
    });
  }

  /** What stands under `'key'` in a jsonb_build_object; `when` looks at the whole object and the function. */
  ofKey(key: string, when: (object: readonly string[], read: SqlFunction) => boolean): Set<string> {
    return this.#from((read, i) => {
      if (read.tokens[i] !== 'jsonb_build_object') return [];
      const args = argumentsAt(read.tokens, i + 2);
      const at = args.findIndex((arg) => arg.length === 1 && arg[0] === `'${key}'`);
      return at >= 0 &&
        when(
          args.map((arg) => arg.join(' ')),
          read,
        )
        ? (args[at + 1] ?? [])
        : [];
    });
  }

  /** What is assigned to the field `field` of any variable in a function and in those that it calls. */
  ofField(field: string, name: string): Set<string> {
    const reached = this.#reachedFrom(name);
    return this.#from((read, i) => {
      const target = read.tokens[i] ?? '';
      const isField = target.includes('.') && lastPart(target) === field && read.tokens[i + 1] === ':=';
      return isField && reached.has(read.name) ? expressionAt(read.tokens, i + 2) : [];
    });
  }

  /** What a function returns; of a row, its first column. */
  ofReturn(name: string): Set<string> {
    return new Set(this.#returned(name));
  }

  #from(expressionIn: (read: Read, i: number) => string[]): Set<string> {
    const found = new Set<string>();
    for (const read of this.#functions)
      read.tokens.forEach((_, i) => {
        for (const value of this.#valuesOf(expressionIn(read, i), read)) found.add(value);
      });
    return found;
  }

  /** The texts that an expression may be. */
  #valuesOf(expression: readonly string[], read: Read): string[] {
    return expression.flatMap((token, i) => {
      const before = expression[i - 1];
      if (before !== undefined && before !== 'THEN' && before !== 'ELSE') return [];
      if (token.startsWith("'")) return [token.slice(1, -1)];
      if (!NAME.test(token)) return [];
      if (expression[i + 1] !== '(') return this.#assigned(token, read);
      if (token !== 'coalesce') return this.#returned(lastPart(token));
      return argumentsAt(expression, i + 2).flatMap((arg) => this.#valuesOf(arg, read));
    });
  }

  #returned(name: string): string[] {
    return this.#once(`return ${name}`, () =>
      this.#named(name).flatMap((read) =>
        read.tokens.flatMap((token, i) => {
          const next = read.tokens[i + 1] ?? '';
          const isBody = token === 'RETURN' || (token === 'SELECT' && isFirstOf(read.tokens, i));
          return isBody && next !== 'NEXT' && next !== 'QUERY'
            ? this.#valuesOf(expressionAt(read.tokens, i + 1), read)
            : [];
        }),
      ),
    );
  }

  /** What is assigned to a variable or a record's field in its function. */
  #assigned(variable: string, read: Read): string[] {
    const [record = '', field] = variable.split('.');
    const { tokens } = read;
    return this.#once(`${read.name} ${read.text.length} ${variable}`, () => [
      ...this.#givenIn(record, field, read),
      ...tokens.flatMap((token, i) => {
        if (token === variable && tokens[i + 1] === ':=')
          return this.#valuesOf(expressionAt(tokens, i + 2), read);
        if (
          token === 'AS' &&
          field !== undefined &&
          tokens[i + 1] === field &&
          tokens[i - 1]?.startsWith("'")
        )
          return [(tokens[i - 1] ?? '').slice(1, -1)];
        const call = callInto(tokens, i, record);
        return call === undefined ? [] : this.#output(call, field ?? variable);
      }),
    ]);
  }

  /** The field of an input, which is a row of a type of functions: what any function that returns such a row gives in it. */
  #givenIn(record: string, field: string | undefined, read: Read): string[] {
    const type = read.types[read.inputs.indexOf(record)];
    if (type === undefined || field === undefined) return [];
    const returning = new RegExp(`\\bRETURNS boon_code\\.${type}\\b`);
    return this.#functions
      .filter(({ text }) => returning.test(text))
      .flatMap(({ name }) => this.#output(name, field));
  }

  /** What a function gives in its output of a name: assigned to it, or the input of that name of what makes its row. */
  #output(name: string, output: string): string[] {
    const makers = this.#functions.filter(({ inputs }) => inputs.includes(`p_${output}`));
    return this.#named(lastPart(name)).flatMap((read) => [
      ...this.#assigned(output, read),
      ...read.tokens.flatMap((_, i) =>
        makers.flatMap((maker) =>
          this.#valuesOf(this.#inputAt(read.tokens, i, maker.name, `p_${output}`), read),
        ),
      ),
    ]);
  }

  /** What is given for an input, where this token calls the function. */
  #inputAt(tokens: readonly string[], i: number, name: string, input: string): string[] {
    const called = this.#named(name).find(({ inputs }) => inputs.includes(input));
    if (called === undefined || !isCallOf(tokens, i, name)) return [];
    return argumentsAt(tokens, i + 2)[called.inputs.indexOf(input)] ?? [];
  }

  #named(name: string): readonly Read[] {
    return this.#functions.filter((one) => one.name === name);
  }

  #reachedFrom(name: string, reached = new Set<string>()): Set<string> {
    if (reached.has(name)) return reached;
    reached.add(name);
    for (const { tokens } of this.#named(name))
      tokens.forEach((token, i) => {
        if (tokens[i + 1] === '(' && token.includes('.')) this.#reachedFrom(lastPart(token), reached);
      });
    return reached;
  }

  #once(what: string, follow: () => string[]): string[] {
    if (this.#followed.has(what)) return [];
    this.#followed.add(what);
    const found = follow();
    this.#followed.delete(what);
    return found;
  }
}

/** The call whose result goes into a record or variable at this token, by `:=` or by `INTO … FROM`. */
function callInto(tokens: readonly string[], i: number, record: string): string | undefined {
  if (tokens[i] === record && tokens[i + 1] === ':=' && tokens[i + 3] === '(') return tokens[i + 2];
  if (tokens[i] !== 'INTO') return undefined;
  const from = tokens.indexOf('FROM', i);
  const isInto = from > i && tokens.slice(i, from).includes(record) && !tokens.slice(i, from).includes(';');
  return isInto && tokens[from + 2] === '(' ? tokens[from + 1] : undefined;
}

function isCallOf(tokens: readonly string[], i: number, name: string): boolean {
  // Behind FUNCTION it is the definition.
  return lastPart(tokens[i]) === name && tokens[i + 1] === '(' && tokens[i - 1] !== 'FUNCTION';
}

/** Whether it is the first SELECT of an SQL function's text. */
function isFirstOf(tokens: readonly string[], i: number): boolean {
  return tokens[tokens.indexOf('LANGUAGE') + 1] === 'sql' && tokens.indexOf('SELECT') === i;
}

function lastPart(name = ''): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The tokens from here to the end of the expression. */
function expressionAt(tokens: readonly string[], start: number): string[] {
  let depth = 0;
  for (let i = start; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    const isEnd = ENDS.has(token) && !(token === 'FROM' && tokens[i - 1] === 'DISTINCT');
    if (depth === 0 && (isEnd || CLOSES.has(token))) return tokens.slice(start, i);
    if (OPENS.has(token)) depth += 1;
    if (CLOSES.has(token)) depth -= 1;
  }
  return tokens.slice(start);
}

/** The arguments of a call, from behind its bracket. */
function argumentsAt(tokens: readonly string[], start: number): string[][] {
  const args: string[][] = [];
  let arg: string[] = [];
  let depth = 0;
  for (const token of tokens.slice(start)) {
    if (depth === 0 && (token === ',' || token === ')')) {
      args.push(arg);
      arg = [];
      if (token === ')') return args;
      continue;
    }
    if (OPENS.has(token)) depth += 1;
    if (CLOSES.has(token)) depth -= 1;
    arg.push(token);
  }
  return args;
}
