/** Texts in pieces, as far as faults need it: what is a comment or a string is nobody's operator. */

export type Token = {
  kind: 'word' | 'number' | 'string' | 'operator' | 'punctuation';
  text: string;
  start: number;
  end: number;
};

/** Matches at a place, or not; the first that does names the piece. `null` is left out. */
type Piece = readonly [Token['kind'] | null, RegExp];

const SQL: readonly Piece[] = [
  [null, /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y],
  // An interpolation of a template is one piece, as a value would be.
  ['word', /\$\{[^}]*\}/y],
  ['string', /\$(\w*)\$[\s\S]*?\$\1\$|[eE]?'(?:[^'\\]|''|\\[\s\S])*'/y],
  ['word', /"(?:[^"]|"")*"|[A-Za-z_]\w*|\$\d+/y],
  ['number', /\d+(?:\.\d+)?/y],
  ['operator', /:=|=>|::|\.\.|[-+*/<>=~!@#%^&|?]+/y],
  ['punctuation', /[\s\S]/y],
];

const JAVASCRIPT: readonly Piece[] = [
  [null, /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y],
  ['string', /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y],
  ['word', /[A-Za-z_$#][\w$]*/y],
  ['number', /\d[\d_]*(?:\.[\d_]+)?n?/y],
  ['operator', /=>|\.\.\.|\?\.|\?\?=?|&&=?|\|\|=?|[=!]==?|\*\*|<<|>>>?|[-+*/%<>]=?|\+\+|--|[!=&|^~?]/y],
  ['punctuation', /[\s\S]/y],
];

/** The pieces of SQL, as it stands in a function's body or in a template. */
export function sqlTokens(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const token = pieceAt(SQL, text, at);
    if (token.kind !== null) tokens.push({ ...token, kind: token.kind });
    at = token.end;
  }
  return tokens;
}

/** A template: where it begins and ends, quotes included. */
export type Template = { start: number; end: number };

/** The pieces of JavaScript; templates are strings, and told of beside. What they interpolate is in no piece. */
export function javascriptTokens(text: string): { tokens: Token[]; templates: Template[] } {
  const tokens: Token[] = [];
  const templates: Template[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text[at] === '`' ? templateEnd(text, at) : expressionEnd(text, at, tokens.at(-1));
    if (end !== undefined) {
      if (text[at] === '`') templates.push({ start: at, end });
      tokens.push({ kind: 'string', text: text.slice(at, end), start: at, end });
      at = end;
      continue;
    }
    const token = pieceAt(JAVASCRIPT, text, at);
    if (token.kind !== null) tokens.push({ ...token, kind: token.kind });
    at = token.end;
  }
  return { tokens, templates };
}

function pieceAt(
  pieces: readonly Piece[],
  text: string,
  at: number,
): Omit<Token, 'kind'> & { kind: Piece[0] } {
  for (const [kind, pattern] of pieces) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) return { kind, text: found[0], start: at, end: pattern.lastIndex };
  }
  throw new Error(`Nothing matches at ${at}`);
}

function templateEnd(text: string, start: number): number {
  for (let at = start + 1, depth = 0; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && depth > 0) depth--;
    else if (text[at] === '`' && depth === 0) return at + 1;
    else if (text[at] === '`') at = templateEnd(text, at) - 1;
  }
  return text.length;
}

/** The end of a regular expression that begins here; a slash after a value divides. */
function expressionEnd(text: string, at: number, before: Token | undefined): number | undefined {
  if (text[at] !== '/' || text[at + 1] === '/' || text[at + 1] === '*') return undefined;
  const afterValue =
    before !== undefined &&
    (before.kind === 'number' ||
      before.kind === 'string' ||
      /^[)\]}]$/.test(before.text) ||
      (before.kind === 'word' && before.text !== 'return'));
  if (afterValue) return undefined;
  const pattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
  pattern.lastIndex = at;
  return pattern.exec(text) === null ? undefined : pattern.lastIndex;
}
