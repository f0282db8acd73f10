import type { z } from 'zod';
import { deviceId, fleetKeyId, fleetName } from './fleet.js';
import { registryAddress } from './token-address.js';

/** `/registries/{registry}/fleets/{name}`. */
export const fleetAddress = registryAddress.extend({ name: fleetName });

/** `.../keys/{key}`. */
export const fleetKeyAddress = fleetAddress.extend({ key: fleetKeyId });

/** `.../denied/{device}`. */
export const deviceAddress = fleetAddress.extend({ device: deviceId });

export type FleetAddress = z.infer<typeof fleetAddress>;
export type FleetKeyAddress = z.infer<typeof fleetKeyAddress>;
export type DeviceAddress = z.infer<typeof deviceAddress>;
