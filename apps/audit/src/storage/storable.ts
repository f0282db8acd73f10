/** A NUL, or half of a surrogate pair, as `JSON.stringify` writes them: Postgres can't hold either in a text. */
const suspicious = /\\u(?:0000|d[89a-f][0-9a-f]{2})/;

const replacement = '\uFFFD';

/**
 * The value with every character that Postgres can't hold replaced by U+FFFD. What a client once sent must not be able to
 * stop the log: a text that is refused would be tried again and again.
 *
 * @param json of the value, which the caller needs anyway
 */
export function storable<Value>(value: Value, json: string): { readonly value: Value; readonly json: string } {
  if (!suspicious.test(json)) return { value, json };
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? part.replaceAll('\0', replacement).toWellFormed() : part,
  );
  // The same shape: only characters within texts differ.
  return { value: JSON.parse(text) as Value, json: text };
}
