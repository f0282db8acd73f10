import { isIP, type BlockList } from 'node:net';
import { isInNetworks, networkList } from '../networks.js';

/**
 * What the operator lets outgoing requests reach besides the public internet, and without TLS: addresses, networks, and
 * hosts by their exact name, behind which any address may be.
 */
export class EgressAllow {
  private readonly hosts: ReadonlySet<string>;
  private readonly networks: BlockList;
  /** Whether an address alone can be allowed, so that of a host nothing is known before its name is looked up. */
  readonly hasNetworks: boolean;

  /** @param entries `10.1.0.0/16`, `192.168.0.7`, `idp.example.internal`, as `BERTH_EGRESS_ALLOW` lists them */
  constructor(entries: readonly string[]) {
    const networks = entries.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0);
    this.networks = networkList(networks);
    this.hasNetworks = networks.length > 0;
    this.hosts = new Set(entries.filter((entry) => !networks.includes(entry)).map(plainHost));
  }

  allowsHost(host: string): boolean {
    return this.hosts.has(plainHost(host));
  }

  allowsAddress(address: string): boolean {
    return isInNetworks(this.networks, address);
  }
}

/** Names differ neither by case nor by the dot of the root. */
function plainHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}
