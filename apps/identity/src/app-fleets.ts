import { Database } from '@berth/persistence';
import type { Provider, Type } from '@nestjs/common';
import { AllowDeviceController } from './allow-device/allow-device.controller.js';
import { CreateFleetKeyController } from './create-fleet-key/create-fleet-key.controller.js';
import { CreateFleetKey } from './create-fleet-key/create-fleet-key.js';
import { DeleteFleetKeyController } from './delete-fleet-key/delete-fleet-key.controller.js';
import { DeleteFleetController } from './delete-fleet/delete-fleet.controller.js';
import { DenyDeviceController } from './deny-device/deny-device.controller.js';
import { AuthenticateDevice } from './device-authentication.js';
import { FleetChanges } from './fleet-changes.js';
import { FleetSecrets } from './fleet-secrets.js';
import { DEVICE_STORE, FLEET_STORE } from './fleet.js';
import { GetFleetController } from './get-fleet/get-fleet.controller.js';
import { IssueDevicePasswordController } from './issue-device-password/issue-device-password.controller.js';
import { IssueDevicePassword } from './issue-device-password/issue-device-password.js';
import { KnownFleets } from './known-fleets.js';
import { ListDeniedDevicesController } from './list-denied-devices/list-denied-devices.controller.js';
import { ListFleetsController } from './list-fleets/list-fleets.controller.js';
import { ListFleets } from './list-fleets/list-fleets.js';
import { PatchFleetKeyController } from './patch-fleet-key/patch-fleet-key.controller.js';
import { PatchFleetKey } from './patch-fleet-key/patch-fleet-key.js';
import { PutFleetController } from './put-fleet/put-fleet.controller.js';
import { PutFleet } from './put-fleet/put-fleet.js';
import { PostgresDeviceStore } from './storage/device.store.js';
import { PostgresFleetStore } from './storage/fleet.store.js';

/** The part of the composition root that handles fleets and their devices. */
export const fleetControllers: readonly Type[] = [
  PutFleetController,
  GetFleetController,
  ListFleetsController,
  DeleteFleetController,
  CreateFleetKeyController,
  PatchFleetKeyController,
  DeleteFleetKeyController,
  DenyDeviceController,
  AllowDeviceController,
  ListDeniedDevicesController,
  IssueDevicePasswordController,
];

/** @param masterKey seals the keys of fleets */
export function fleetProviders(masterKey: Buffer): readonly Provider[] {
  return [
    { provide: FLEET_STORE, useClass: PostgresFleetStore },
    { provide: DEVICE_STORE, inject: [Database], useFactory: (db: Database) => new PostgresDeviceStore(db) },
    { provide: FleetSecrets, useFactory: () => new FleetSecrets(masterKey) },
    AuthenticateDevice,
    FleetChanges,
    KnownFleets,
    PutFleet,
    ListFleets,
    CreateFleetKey,
    PatchFleetKey,
    IssueDevicePassword,
  ];
}
