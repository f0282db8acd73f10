/** Deepest nesting of objects and arrays; a manifest needs about 5. */
const maxDepth = 32;

/** Most members of all objects together; 1,000 layers with 10 annotations each have about 14,000. */
const maxMembers = 50_000;

/**
 * JSON as every parser reads it alike: UTF-8 without a byte order mark, no name twice in one object, bounded depth and
 * number of members. (`JSON.parse` alone takes the last of two equal names, other parsers the first.)
 *
 * @throws SyntaxError or TypeError that says what is wrong
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  checkStructure(text);
  return JSON.parse(text);
}

/** Runs before JSON.parse, so that nesting costs nothing; on text that is no JSON it may pass, JSON.parse won't. */
function checkStructure(text: string): void {
  /** One per open bracket: the names seen in an object, null for an array. */
  const open: (Set<string> | null)[] = [];
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === '{' || c === '[') {
      if (open.push(c === '{' ? new Set() : null) > maxDepth) throw new SyntaxError('nested too deeply');
    } else if (c === '}' || c === ']') {
      open.pop();
    } else if (c === '"') {
      const end = endOfString(text, at);
      if (isName(text, end)) {
        if (++members > maxMembers) throw new SyntaxError('too many members');
        addName(open.at(-1), text.slice(at, end + 1));
      }
      at = end;
    }
  }
}

function addName(names: Set<string> | null | undefined, quoted: string): void {
  const name: unknown = quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1);
  if (typeof name !== 'string') return;
  if (names?.has(name)) throw new SyntaxError(`${JSON.stringify(name.slice(0, 100))} stands twice in one object`);
  names?.add(name);
}

/** The position of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new SyntaxError('unterminated string');
}

/** Whether the string that ends at `end` is a member's name: only these are followed by a colon. */
function isName(text: string, end: number): boolean {
  let at = end + 1;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return text[at] === ':';
}
