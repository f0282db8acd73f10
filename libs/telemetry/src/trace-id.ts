/**
 * The trace id in a `traceparent` header: 32 lower-case hexadecimal digits, not all zero; undefined for anything else.
 *
 * @source W3C Trace Context, "traceparent Header"
 */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  if (traceparent === undefined || traceparent.length > 128) return undefined;
  const [, version, traceId, parentId] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$/.exec(traceparent) ?? [];
  if (traceId === undefined || version === 'ff' || /^0+$/.test(traceId) || /^0+$/.test(parentId ?? ''))
    return undefined;
  return traceId;
}
