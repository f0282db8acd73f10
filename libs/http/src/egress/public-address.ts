import { isIP } from 'node:net';
import { isInNetworks, networkList } from '../networks.js';

/** Of IPv4 what is private, of this machine, of this link, for documentation, for many receivers or for nobody. */
const specialIpv4 = networkList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** Of IPv6 only this is handed out as public addresses: what holds an IPv4 address in itself lies outside, or is special. */
const globalIpv6 = networkList(['2000::/3']);

const specialIpv6 = networkList(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/**
 * Whether an address belongs to the public internet, so that nothing of this machine, of its network or of the cloud that
 * it runs in can be behind it. What is no address isn't.
 *
 * @source IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890)
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !isInNetworks(specialIpv4, address);
  return isInNetworks(globalIpv6, address) && !isInNetworks(specialIpv6, address);
}
