/**
 * One line for a log or for the message of a wrapping error, from anything that can be thrown. Never throws.
 *
 * Node's `AggregateError` of a refused connection has an empty message; its parts then speak for it.
 */
export function errorMessage(e: unknown): string {
  if (typeof e === 'string') return e;
  if (!(e instanceof Error)) return describeNonError(e);
  if (e.message !== '') return e.message;
  if (e instanceof AggregateError && e.errors.length > 0) {
    return e.errors.slice(0, 5).map(innerMessage).join('; ');
  }
  return e.name;
}

/** Not recursive: a part of an aggregate that contains itself must end. */
function innerMessage(e: unknown): string {
  return e instanceof Error ? e.message || e.name : describeNonError(e);
}

function describeNonError(e: unknown): string {
  return typeof e === 'object' && e !== null ? 'a thrown object that is no Error' : `thrown ${String(e)}`;
}
