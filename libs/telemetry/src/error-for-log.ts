/** How deep a chain of causes is followed. */
const mostCauses = 5;
const longestText = 4096;

/**
 * What of an error is worth a log line: type, message, kind and code, stack, and the same of its causes. An allow-list:
 * drivers hang whole requests and connection settings onto their errors.
 */
export function errorForLog(e: unknown, depth = 0): unknown {
  if (!(e instanceof Error)) return ofNonError(e);
  const parts: Record<string, unknown> = { type: e.name, message: e.message.slice(0, longestText) };
  if ('kind' in e && typeof e.kind === 'string') parts['kind'] = e.kind;
  if ('code' in e && typeof e.code === 'string') parts['code'] = e.code;
  if (depth === 0) parts['stack'] = e.stack?.slice(0, longestText);
  if (depth >= mostCauses) return parts;
  if (e.cause !== undefined) parts['cause'] = errorForLog(e.cause, depth + 1);
  if (e instanceof AggregateError) {
    parts['errors'] = e.errors.slice(0, 5).map((inner: unknown) => errorForLog(inner, depth + 1));
  }
  return parts;
}

/** Already reduced errors come through here a second time. */
function ofNonError(e: unknown): unknown {
  if (typeof e !== 'object' || e === null) return String(e).slice(0, longestText);
  return 'type' in e && 'message' in e ? e : { type: 'a thrown object that is no Error' };
}
