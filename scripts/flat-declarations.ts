/**
 * Writes the types of every `*.schema.ts` in `src/contracts` as declarations without zod, each field with its description:
 * what `boon-client` is typed with. The schemas stay the only source; the build checks that both say the same.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';

const CONTRACTS = join(import.meta.dirname, '../src/contracts');

/** `export type Lot = z.infer<typeof LotSchema>;` */
const INFERRED = /^export type (\w+) = z\.infer<typeof (\w+)>;$/gm;

/** One file of contracts, named as `accounts/account.schema`: its types, by their names. */
export type FlatFile = { name: string; types: string[]; text: string };

type NamedSchema = { type: string; file: string; comment: string; schema: z.ZodType };

/** Every schema file's declarations. */
export async function flatDeclarations(): Promise<FlatFile[]> {
  const files = (await readdir(CONTRACTS, { recursive: true }))
    .filter((name) => name.endsWith('.schema.ts'))
    .sort();
  const named = (await Promise.all(files.map(schemasOf))).flat();
  const byFile = Map.groupBy(named, ({ file }) => file);
  return [...byFile].map(([name, own]) => ({
    name,
    types: own.map(({ type }) => type),
    text: fileText(name, own, named),
  }));
}

async function schemasOf(file: string): Promise<NamedSchema[]> {
  const source = await readFile(join(CONTRACTS, file), 'utf8');
  const module: Record<string, unknown> = await import(join(CONTRACTS, file));
  return [...source.matchAll(INFERRED)].flatMap(([, type = '', name = '']) => {
    const schema = module[name];
    // One that its file keeps to itself is no type of the client's.
    if (!(schema instanceof z.ZodType)) return [];
    return { type, file: file.replace(/\.ts$/, ''), comment: commentBefore(source, name), schema };
  });
}

/** The doc comment above a schema, if it has one. */
function commentBefore(source: string, schema: string): string {
  const [before = ''] = source.split(`\nexport const ${schema} `, 1);
  return /(?:^|\n)(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)$/.exec(before)?.[1] ?? '';
}

function fileText(file: string, own: NamedSchema[], named: NamedSchema[]): string {
  const used = new Set<NamedSchema>();
  const types = own.map(({ type, comment, schema }) => {
    const others = new Map(named.filter((other) => other.schema !== schema).map((o) => [o.schema, o]));
    const nameOf = (nested: z.core.$ZodType) => {
      const other = others.get(nested as z.ZodType);
      if (other !== undefined && other.file !== file) used.add(other);
      return other?.type;
    };
    return `${comment === '' ? '' : `${comment}\n`}export type ${type} = ${typeText(schema, '', nameOf)};\n`;
  });
  const imports = [...used]
    .map((other) => `import type { ${other.type} } from '${specifier(file, other.file)}';\n`)
    .sort();
  return `${imports.join('')}${types.join('\n')}`;
}

/** How one file names another of the contracts. */
function specifier(from: string, to: string): string {
  const path = relative(dirname(from), to);
  return `${path.startsWith('.') ? path : `./${path}`}.js`;
}

type NameOf = (schema: z.core.$ZodType) => string | undefined;

/** A schema's output as a TypeScript type. Throws on a kind of schema that no contract has used so far. */
function typeText(schema: z.core.$ZodType, indent: string, nameOf: NameOf): string {
  const named = nameOf(schema);
  if (named !== undefined) return named;
  const text = (nested: z.core.$ZodType) => typeText(nested, indent, nameOf);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':

    case 'unknown':
    case 'never':
      return def.type;
    case 'literal':
      return def.values.map(literalText).join(' | ');
    case 'enum':
      return Object.values(def.entries).map(literalText).join(' | ');
    case 'nullable':
      return `${text(def.innerType)} | null`;
    case 'optional':
      return `${text(def.innerType)} | undefined`;
    case 'default':
      return text(def.innerType);
    case 'array':
      return arrayText(text(def.element));
    case 'union':
      return def.options.map(text).join(' | ');
    case 'record':
      return `Record<${text(def.keyType)}, ${text(def.valueType)}>`;
    case 'pipe':
      // A transform tells no type. Those of contracts keep the one that they are given.
      return text(isTransform(def.out) ? def.in : def.out);
    case 'object':
      return objectText(def, indent, nameOf);
    default:
      throw new Error(`There is no flat type for a schema of the kind ${def.type}`);
  }
}

function literalText(value: z.core.util.Literal): string {
  return typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : String(value);
}

function arrayText(element: string): string {
  return /^\w+$/.test(element) ? `${element}[]` : `Array<${element}>`;
}

function isTransform(schema: z.core.$ZodType): boolean {
  return schema._zod.def.type === 'transform';
}

function objectText({ shape, catchall }: z.core.$ZodObjectDef, indent: string, nameOf: NameOf): string {
  const deeper = `${indent}  `;
  const fields = Object.entries(shape).map(([name, field]) => {
    const described = descriptionOf(field);
    const comment = described === undefined ? '' : `${deeper}/** ${described} */\n`;
    const optional = field._zod.def.type === 'optional' ? '?' : '';
    return `${comment}${deeper}${name}${optional}: ${typeText(field, deeper, nameOf)};\n`;
  });
  const others = catchall?._zod.def.type === 'unknown' ? `${deeper}[name: string]: unknown;\n` : '';
  return `{\n${fields.join('')}${others}${indent}}`;
}

/** What is said of a field, by its schema or by the one that it wraps. */
function descriptionOf(schema: z.core.$ZodType): string | undefined {
  const said = z.globalRegistry.get(schema)?.description;
  if (said !== undefined) return said.replaceAll('*/', '*\\/');
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return 'innerType' in def ? descriptionOf(def.innerType) : undefined;
}
