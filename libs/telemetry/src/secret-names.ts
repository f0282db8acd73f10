/** What stands for a secret in a log line. */
export const removed = '[redacted]';

/** How a member that holds a secret is named: it ends in one of these. Used in regular expressions. */
export const secretWords =
  'authorization|cookie|password|passwd|secret|token|api[_-]?key|private[_-]?key|master[_-]?key|internal[_-]?key|' +
  'berth-internal|credentials?';

/** A name that ends in a word for a secret: `password`, `accessToken`, `client_secret`, `set-cookie`; not `tokenId`. */
export const secretName = new RegExp(`(?:${secretWords})$`, 'i');
