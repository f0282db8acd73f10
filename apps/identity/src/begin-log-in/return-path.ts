/** A path of this origin, its slashes single, with `/` in a name encoded. */
const path = /^\/(?:[A-Za-z0-9._~!$&()*+,;=:@?-]|%2[Ff]|\/(?!\/))*$/;

/**
 * Where a browser goes after its log-in: a path of this origin as it was asked for, or `/`. Nothing that a browser could
 * take for another host, or read as something else than it is written, is a path here.
 *
 * @source WHATWG URL, "URL parsing": backslashes are slashes, tabs and line ends are dropped
 */
export function returnPath(asked: unknown): string {
  const isPath = typeof asked === 'string' && asked.length <= 512 && path.test(asked) && !asked.startsWith('//');
  return isPath ? asked : '/';
}
