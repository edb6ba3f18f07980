/** How long the files and functions of the code are, in lines. */
import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type AnyNode, parse } from 'acorn';

const ROOT = join(import.meta.dirname, '../..');

/** The most lines of a file, and of a function with its signature. */
export const LIMITS = { files: 300, functions: 70 } as const;
export type Kind = keyof typeof LIMITS;

/** Lines by name: of files by `src/worker.ts`, of functions by `src/start-worker.ts startWorker`. */
export type Lengths = Record<Kind, Record<string, number>>;

/** Each file and function of `src` and `test` that is longer than the limit. */
export function beyondLimits(): Lengths {
  const all: Lengths = { files: {}, functions: {} };
  for (const path of globSync('{src,test}/**/*.ts', { cwd: ROOT }).sort()) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    all.files[path] = text.trimEnd().split('\n').length;
    for (const { name, lines } of functionsOf(text)) {
      const key = `${path} ${name}`;
      // Of several with one name the longest counts.
      all.functions[key] = Math.max(lines, all.functions[key] ?? 0);
    }
  }
  return { files: longer(all.files, LIMITS.files), functions: longer(all.functions, LIMITS.functions) };
}

function longer(lengths: Record<string, number>, limit: number): Record<string, number> {
  return Object.fromEntries(Object.entries(lengths).filter(([, lines]) => lines > limit));
}

export type MeasuredFunction = { name: string; lines: number };

/** A group of tests is no function that anyone reads as one: what bounds it is the length of its file. */
const GROUP = 'describe';

/** The functions of a TypeScript text, those within others too. Node strips types and leaves every line where it was. */
export function functionsOf(text: string): MeasuredFunction[] {
  const program = parse(stripTypeScriptTypes(text), {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
  });
  const found: MeasuredFunction[] = [];
  const look = (node: AnyNode, name: string) => {
    if ('body' in node && 'params' in node && node.loc && name !== GROUP)
      found.push({ name, lines: node.loc.end.line - node.loc.start.line + 1 });
    for (const child of childrenOf(node)) look(child, nameOf(child, node));
  };
  look(program, '');
  return found;
}

/** Every child is a node, or a list in which there may be gaps. */
function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string');
}

/** What a function is called: its own name, where it is put, or the sentence of the test that it is. */
function nameOf(node: AnyNode, parent: AnyNode): string {
  if ('id' in node && node.id?.type === 'Identifier') return node.id.name;
  if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  if ('key' in parent && (parent.key.type === 'Identifier' || parent.key.type === 'PrivateIdentifier'))
    return parent.key.name;
  if (parent.type !== 'CallExpression') return 'a function without a name';
  if (calledBy(parent.callee) === GROUP) return GROUP;
  const [first] = parent.arguments;
  return first?.type === 'Literal' ? String(first.value) : 'an argument';
}

/** `describe` of `describe(…)`, of `describe.only(…)` and of `describe.each(…)(…)`. */
function calledBy(callee: AnyNode): string | undefined {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return calledBy(callee.object);
  return callee.type === 'CallExpression' ? calledBy(callee.callee) : undefined;
}
