/**
 * The closed list of what can go wrong, independent of any protocol. Only `libs/http` turns a kind into a status.
 *
 * `malformed` the caller's input can't be understood; `unauthenticated` nobody proven is calling; `denied` somebody
 * proven may not; `not-found`; `conflict` with the current state; `too-large`; `rate-limited`; `unavailable` something
 * this answer needs doesn't answer (worth a retry); `bug` an assumption of the code is broken.
 */
export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'denied'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable'
  | 'bug';
