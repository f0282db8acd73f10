import { isIP } from 'node:net';

/** The bucket of those whose address is not known. */
const unknown = 'unknown';

/**
 * What counts as one source of requests: an IPv4 address; of an IPv6 address the first 64 bits, which one machine may
 * change at will within.
 *
 * @param address as `clientAddress` gives it
 */
export function requestSource(address: string | null | undefined): string {
  const [plain = ''] = (address ?? '').split('%');
  const family = isIP(plain);
  if (family === 0) return unknown;
  return family === 4 ? plain : `${firstGroups(plain).join(':')}::/64`;
}

function firstGroups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill('0'), ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
}

/** An IPv4 address at the end stands for two groups. */
function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
