/** Where a program can go more than one way, read from its text. */
import { type AnyNode, type Node, parse } from 'acorn';

/** One way the code can go: what begins it, in which function, and how often that is, by how often a place is reached. */
export type BranchPoint = {
  kind: string;
  /** The functions around it, outermost first: `OpenGift.advance`. */
  within: string;
  at: number;
  times: (timesAt: (place: number) => number) => number;
};

/** Every branch of a program. What is not said, as the else of an `if` that has none, is a branch too. */
export function branchPoints(code: string): BranchPoint[] {
  const points: BranchPoint[] = [];
  const visit = (node: AnyNode, names: readonly string[]): void => {
    const within = names.join('.');
    for (const [kind, { start }] of waysOf(node)) {
      points.push({ kind, within, at: start, times: (timesAt) => timesAt(start) });
    }
    if (node.type === 'IfStatement' && node.alternate == null) {
      const times: BranchPoint['times'] = (timesAt) => timesAt(node.start) - timesAt(node.consequent.start);
      points.push({ kind: 'else', within, at: node.start, times });
    }
    if (node.type.includes('Function') && 'body' in node) {
      const { start } = node.body as Node;
      const name = node.type === 'FunctionDeclaration' ? [...names, node.id?.name].join('.') : within;
      points.push({ kind: 'call', within: name, at: node.start, times: (timesAt) => timesAt(start) });
    }
    for (const [key, value] of Object.entries(node)) {
      for (const child of [value].flat()) {
        if (typeof child?.type !== 'string') continue;
        const name = nameIn(node, key);
        visit(child, name === undefined ? names : [...names, name]);
      }
    }
  };
  visit(parse(code, { ecmaVersion: 'latest' }), []);
  return points;
}

function waysOf(node: AnyNode): (readonly [kind: string, way: Node])[] {
  switch (node.type) {
    case 'IfStatement':
      return [
        ['if', node.consequent],
        ...(node.alternate == null ? [] : [['else', node.alternate] as const]),
      ];
    case 'ConditionalExpression':
      return [
        ['?', node.consequent],
        [':', node.alternate],
      ];
    case 'LogicalExpression':
      return [[node.operator, node.right]];
    case 'WhileStatement':
    case 'ForStatement':
    case 'ForOfStatement':
    case 'ForInStatement':
      return [['loop', node.body]];
    case 'CatchClause':
      return [['catch', node.body]];
    case 'SwitchCase':
      return [['case', node]];
    default:
      return [];
  }
}

/** The name that a part of a node goes by. */
function nameIn(node: AnyNode, key: string): string | undefined {
  if (node.type === 'FunctionDeclaration' && key === 'body') return node.id?.name;
  if (node.type === 'ClassDeclaration' && key === 'body') return node.id?.name;
  const isNamed =
    node.type === 'MethodDefinition' || node.type === 'PropertyDefinition' || node.type === 'Property';
  if (isNamed && key === 'value' && node.value?.type.includes('Function')) return nameOf(node.key);
  if (node.type === 'VariableDeclarator' && key === 'init' && node.init?.type.includes('Function'))
    return nameOf(node.id);
  return undefined;
}

function nameOf(node: Node & { name?: string }): string | undefined {
  return node.name;
}
