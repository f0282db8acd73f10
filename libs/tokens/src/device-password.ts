import { createHmac } from 'node:crypto';

/** Whose password it is. Ids are compared byte by byte; uuids are lower case. */
export interface DeviceIdentity {
  readonly registryId: string;
  readonly fleetId: string;
  readonly keyId: string;
  readonly deviceId: string;
}

const shape = /^brf_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/;

/**
 * A device's password: `brf_<key id>_` and the base64url of HMAC-SHA-256, keyed with the fleet key as it is shown (ASCII),
 * of `berth-fleet-1`, registry id, fleet id, key id and device id with a NUL between each two. So whoever has the key makes
 * as many as there are devices, offline; a device needs no row.
 *
 * @param key as `POST .../fleets/{name}/keys` shows it, once
 * @source docs/fleets.md, with test vectors
 */
export function deriveDevicePassword(key: string, identity: DeviceIdentity): string {
  const { registryId, fleetId, keyId, deviceId } = identity;
  const text = ['berth-fleet-1', registryId, fleetId, keyId, deviceId].join('\0');
  return `brf_${keyId}_${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/** The id of the key that a device's password says it is made with; null = it is no such password. */
export function keyIdOfDevicePassword(password: string): string | null {
  return shape.exec(password)?.[1] ?? null;
}
