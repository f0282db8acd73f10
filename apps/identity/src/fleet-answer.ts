import { instant, uuid, version } from '@berth/contracts';
import type { DefinitionsView } from '@berth/policy-engine';
import { z } from 'zod';
import type { Fleet } from './fleet.js';
import { scopeMapOf } from './known-scope-map.js';

const status = z.enum(['enabled', 'disabled']);

/** A fleet as it is shown. Nothing in it opens anything: a key appears with its id alone. */
export const fleetAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  /** With the fleet's id what passwords are derived from. */
  registryId: uuid,
  /** Null when the scope map was deleted; the devices then get nothing. */
  scopeMap: z.string().nullable(),
  status,
  keys: z.array(z.strictObject({ id: z.string(), status, createdAt: instant })),
  version,
  createdAt: instant,
  changedAt: instant,
});

export type FleetAnswer = z.infer<typeof fleetAnswer>;

/** What is shown of a fleet. */
export function answerOfFleet(fleet: Fleet, view: Pick<DefinitionsView, 'scopeMap'>): FleetAnswer {
  return {
    id: fleet.id,
    name: fleet.name,
    registryId: fleet.registryId,
    scopeMap: scopeMapOf(view, fleet)?.name ?? null,
    status: fleet.status,
    keys: fleet.keys.map((key) => ({ id: key.id, status: key.status, createdAt: instantOf(key.createdAtMs) })),
    version: fleet.version,
    createdAt: instantOf(fleet.createdAtMs),
    changedAt: instantOf(fleet.changedAtMs),
  };
}

export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}
