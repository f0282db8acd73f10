/** The services that own a schema. */
export const storingServices = ['identity', 'policy', 'registry', 'audit'] as const;
export type StoringService = (typeof storingServices)[number];

/** Every service, in the order in which they stop: first who is asked from outside, last who only listens. */
export const services = ['gateway', 'registry', 'identity', 'policy', 'audit'] as const;
export type ServiceName = (typeof services)[number];

/** One process of a service, with the address on which it is to listen. */
export interface Instance {
  readonly service: ServiceName;
  /** `registry-1`: names its log, its spool and its record. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Where other processes of this machine reach an instance: one that listens everywhere, on loopback. */
export function urlOf({ host, port }: Instance): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** The instances of one service, in the order of their names. */
export function instancesOf(instances: readonly Instance[], service: ServiceName): Instance[] {
  return instances.filter((instance) => instance.service === service);
}
