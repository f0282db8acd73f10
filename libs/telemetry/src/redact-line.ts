import { removed, secretWords } from './secret-names.js';

/**
 * A member named like a secret in JSON that was quoted within a text, so `\"password\":\"..\"` in the line. All parts are
 * bounded: a log line must not cost more than its length.
 */
const quotedMember = new RegExp(
  String.raw`\\"([\w.-]{0,40}(?:${secretWords}))\\":\s{0,2}` +
    String.raw`(?:\\"(?:[^"\\]|\\\\(?:\\\\|\\"|[^"\\])){0,4096}\\"|\[[^\]]{0,4096}\]|-?\d[\d.eE+-]{0,40}|` +
    String.raw`\{\\"type\\":\\"Buffer\\",\\"data\\":\[[\d,]{0,4096}\]\})`,
  'gi',
);

/** Secrets by their looks, wherever they stand: our generated ones, signed tokens, Authorization values, URLs with a password. */
const secretLooks: readonly (readonly [RegExp, string])[] = [
  [/\bbr[a-z]_[0-9A-Za-z]{20,}/g, removed],
  [/\beyJ[\w-]{10,}\.[\w.-]+/g, removed],
  [/\b(Bearer|Basic)\s{1,4}[\w.~+/=-]{6,}/gi, `$1 ${removed}`],
  [/(:\/\/[^\s:/@"\\]{0,200}:)[^\s/@"\\]{1,1024}@/g, `$1${removed}@`],
];

/** A finished log line without the secrets that a text in it quotes or shows; still one JSON object when it was one. */
export function redactLine(line: string): string {
  let safe = line.replace(quotedMember, String.raw`\"$1\":\"${removed}\"`);
  for (const [looks, replacement] of secretLooks) safe = safe.replace(looks, replacement);
  return safe;
}
