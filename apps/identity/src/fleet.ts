import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import { z } from 'zod';
import type { Epochs } from './credential.js';

/** Devices by the thousand with one scope map, whose passwords are derived from a key. Times are epoch milliseconds. */
export interface Fleet {
  readonly id: string;
  readonly account: string;
  readonly registryId: string;
  /** Unique in its registry; a device logs in as `<fleet>/<device id>`. */
  readonly name: string;
  readonly scopeMapId: string;
  readonly status: 'enabled' | 'disabled';
  /** Of the whole fleet, its keys and locked-out devices included. Tokens carry it for the fleet, the key and the device. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** The oldest first. */
  readonly keys: readonly FleetKey[];
}

/** A key of one batch or factory. It is shown once and kept sealed. */
export interface FleetKey {
  /** 12 of digits and small letters. */
  readonly id: string;
  readonly status: 'enabled' | 'disabled';
  readonly createdAtMs: number;
}

/** What people decide about a fleet, its keys and devices apart. */
export type FleetWish = Pick<Fleet, 'scopeMapId' | 'status'>;

/** A device that is locked out. */
export interface DeniedDevice {
  readonly device: string;
  readonly deniedAtMs: number;
}

/** How people and devices name a fleet. */
export interface FleetPlace {
  readonly registryId: string;
  readonly name: string;
}

/** One page of a list by name or by device. */
export interface FleetPage {
  readonly after: string | null;
  readonly limit: number;
}

export const fleetName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,50}$/, 'a fleet name has 1 to 50 letters, digits, "-" or "_"');

/** Without a dot in front: an address that ends in dots is read in many ways, and every device must be deniable. */
export const deviceId = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/, 'a device id has 1 to 128 letters, digits, ".", "_" or "-"');

export const fleetKeyId = z.string().regex(/^[0-9a-z]{12}$/, 'a key id has 12 digits and small letters');

/** Most keys of one fleet, disabled ones included. */
export const maxFleetKeys = 100;

export const FLEET_STORE = Symbol('FleetStore');

/** Fleets as management sees them: each query is bound to the caller's account. */
export interface FleetStore {
  find(db: Queryable, account: string, place: FleetPlace): Promise<Fleet | null>;
  /** As `find`, and nobody else changes it until the transaction ends. */
  lock(tx: Transaction, account: string, place: FleetPlace): Promise<Fleet | null>;
  page(db: Queryable, account: string, page: FleetPage & { readonly registryId: string }): Promise<Fleet[]>;
  /** @returns false when the name is taken in that registry; nothing is stored then */
  insert(tx: Transaction, fleet: Fleet): Promise<boolean>;
  /** Stores everything but keys and devices of a fleet that is locked. */
  update(tx: Transaction, fleet: Fleet): Promise<void>;
  /** With its keys and locked-out devices. */
  delete(tx: Transaction, fleet: Pick<Fleet, 'account' | 'id'>): Promise<void>;
  insertKey(tx: Transaction, fleet: Fleet, key: FleetKey & { readonly sealed: Buffer }): Promise<void>;
  setKeyStatus(tx: Transaction, fleet: Fleet, key: Pick<FleetKey, 'id' | 'status'>): Promise<void>;
  deleteKey(tx: Transaction, fleet: Fleet, keyId: string): Promise<void>;
  /** @returns false when it is locked out already */
  deny(tx: Transaction, fleet: Fleet, denied: DeniedDevice): Promise<boolean>;
  /** @returns false when it is not locked out */
  allow(tx: Transaction, fleet: Fleet, device: string): Promise<boolean>;
  denied(db: Queryable, fleet: Fleet, page: FleetPage): Promise<DeniedDevice[]>;
  /** For policy's question whether a scope map is in use; keyed by an id that policy owns. */
  countOfScopeMap(db: Queryable, scopeMapId: string): Promise<number>;
}

/** What a device presents, before anything of it is true. */
export interface PresentedDevice {
  readonly registryId: string;
  readonly fleet: string;
  readonly device: string;
  readonly keyId: string;
}

/** What the schema says about a presented device, of one snapshot. */
export interface DeviceFacts extends Pick<Fleet, 'id' | 'account' | 'name' | 'scopeMapId' | 'status' | 'version'> {
  /** Null = the fleet has no such key. */
  readonly key: { readonly sealed: Buffer; readonly status: FleetKey['status'] } | null;
  readonly isDenied: boolean;
}

export const DEVICE_STORE = Symbol('DeviceStore');

/** What the path of an issue reads: many questions in one statement. Not bound to an account, which is in the answer. */
export interface DeviceStore {
  /** @returns in the order of the questions; null = there is no such fleet */
  read(
    asked: readonly PresentedDevice[],
  ): Promise<{ readonly epochs: Epochs; readonly facts: readonly (DeviceFacts | null)[] }>;
  /** The newest enabled key of a fleet; null = it has none. */
  newestKey(fleetId: string): Promise<{ readonly id: string; readonly sealed: Buffer } | null>;
}

/** Whether it never was or is gone, or is another account's. */
export function noSuchFleet(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-fleet', message: 'there is no such fleet' });
}

export function noSuchKey(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-fleet-key', message: 'the fleet has no such key' });
}
