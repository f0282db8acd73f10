const removed = '[redacted]';

/**
 * A member of a JSON object whose name ends in a word for a secret: `password`, `accessToken`, `client_secret`,
 * `set-cookie`, `Berth-Internal`. Its value is a string, a list, a number, or a Buffer as JSON.stringify writes it; inside
 * an object, members are judged by their own names. The quotes may be escaped: JSON quoted within a message.
 */
const secretMember = new RegExp(
  String.raw`(\\*)"([\w.-]*(?:authorization|cookie|password|passwd|secret|token|api[_-]?key|private[_-]?key|` +
    String.raw`master[_-]?key|internal[_-]?key|berth-internal|credential|credentials))\1":\s*` +
    String.raw`(?:\{\1"type\1":\1"Buffer\1",\1"data\1":\[[^\]]*\]\}|\[[^\]]*\]|` +
    String.raw`\1"(?:(?!\1")(?:\\.|[^\\]))*\1"|-?\d[\d.eE+-]*)`,
  'gi',
);

/** Secrets by their looks, wherever they stand: our own generated ones, signed tokens, Authorization values, URLs with a password. */
const secretLooks: readonly (readonly [RegExp, string])[] = [
  [/\bbr[a-z]_[0-9A-Za-z]{20,}/g, removed],
  [/\beyJ[\w-]{10,}\.[\w-]*\.[\w-]*/g, removed],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${removed}`],
  [/(:\/\/[^\s:/@"\\]*:)[^\s/@"\\]+@/g, `$1${removed}@`],
];

/** A finished log line with every secret in it replaced by `[redacted]`; still one JSON object when it was one. */
export function redactLine(line: string): string {
  let safe = line.replace(secretMember, `$1"$2$1":$1"${removed}$1"`);
  for (const [looks, replacement] of secretLooks) safe = safe.replace(looks, replacement);
  return safe;
}
