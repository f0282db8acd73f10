import { AppError } from '@berth/errors';
import type { EntryOrigin } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import { notAuthenticated } from '../basic-credentials.js';
import { DEVICE_STORE, type DeviceStore } from '../fleet.js';
import { FleetSecrets } from '../fleet-secrets.js';
import { KnownRegistries } from '../known-registries.js';
import { presentedInHeader } from '../presented-credential.js';
import { ProveCredential } from '../prove-credential.js';
import { Report } from '../report.js';

/** A device that wants to move to the newest key. */
export interface DevicePasswordQuestion {
  /** The login server; one that is configured here. */
  readonly service: string;
  readonly authorization: string | undefined;
  readonly origin: EntryOrigin;
}

export interface DevicePassword {
  readonly username: string;
  readonly password: string;
  readonly keyId: string;
}

/**
 * Gives a device, for a password that is good, the one under its fleet's newest key: so a fleet moves to a new key while
 * both are good, and the old one can be disabled. Nothing else of a device changes.
 */
@Injectable()
export class IssueDevicePassword {
  constructor(
    private readonly registries: KnownRegistries,
    private readonly prove: ProveCredential,
    @Inject(DEVICE_STORE) private readonly devices: DeviceStore,
    private readonly secrets: FleetSecrets,
    private readonly report: Report,
  ) {}

  /**
   * @throws AppError 'malformed' for an unknown service, 'unauthenticated' for whatever is no good password of a device,
   *   'unavailable' when it can't be told
   */
  async execute({ service, authorization, origin }: DevicePasswordQuestion): Promise<DevicePassword> {
    if (!this.registries.loginServers.has(service)) throw unknownService();
    const presented = presentedInHeader(authorization);
    if (presented === null) {
      this.report.challenged();
      throw notAuthenticated();
    }
    const registry = this.registries.at(service);
    const { account, id: registryId } = registry;
    const facts = { account, registryId, origin, asked: 'device-password', repository: null };
    const to = { id: registryId, account, loginServer: service };
    const { principal, name } = await this.prove.execute({ presented, to, facts, isGrant: false });
    const [, fleetId, deviceId] = /^device:([^/]+)\/(.+)$/.exec(principal.ref) ?? [];
    const actor = { id: principal.ref, name };
    const key = fleetId === undefined ? null : await this.devices.newestKey(fleetId);
    if (fleetId === undefined || deviceId === undefined || key === null) {
      await this.report.tokenRefused({ ...facts, actor }, 'not-a-device');
      throw notAuthenticated();
    }
    const password = this.secrets.passwordOf({ registryId, fleetId, keyId: key.id, deviceId }, key.sealed);
    await this.report.exchanged({ ...facts, actor });
    return { username: name, password, keyId: key.id };
  }
}

function unknownService(): AppError {
  const message = 'service is no login server of this installation';
  return new AppError({ kind: 'malformed', code: 'invalid_request', message });
}
