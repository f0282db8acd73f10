/**
 * The protocol's name of what went wrong (`MESSAGE_TOO_LARGE`, `UNKNOWN_TOPIC_OR_PARTITION`), which the client hides under
 * the errors of its retries; null when Kafka gave no such answer.
 */
export function kafkaErrorType(e: unknown, depth = 5): string | null {
  if (!(e instanceof Error) || depth === 0) return null;
  if ('type' in e && typeof e.type === 'string') return e.type;
  return kafkaErrorType(e.cause, depth - 1);
}
