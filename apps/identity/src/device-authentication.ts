import { hashSecret, keyIdOfDevicePassword, secretsEqual } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import type { BasicCredentials } from './basic-credentials.js';
import { DefinitionsCopy } from './definitions-copy.js';
import {
  DEVICE_STORE,
  deviceId,
  fleetName,
  type DeviceFacts,
  type DeviceStore,
  type PresentedDevice,
} from './fleet.js';
import { FleetSecrets } from './fleet-secrets.js';
import { OneInFlight } from './one-in-flight.js';

/** Which device somebody is. A refusal names a device only when its password was right: the name is typed text. */
export type DeviceAuthentication =
  | { readonly kind: 'accepted'; readonly device: ProvenDevice }
  | { readonly kind: 'refused'; readonly reason: string; readonly device: ProvenDevice | null };

/** A device that has the password of its name. */
export interface ProvenDevice {
  readonly fleet: Pick<DeviceFacts, 'id' | 'account' | 'name' | 'scopeMapId' | 'version'>;
  readonly deviceId: string;
  readonly keyId: string;
}

/**
 * Checks the derived password of a fleet's device. Fleet, key and the list of locked-out devices are read from the schema
 * in one batched query for each log-in, so a device that was locked out a moment ago is refused by every replica; what
 * can't be read is never taken for an empty list.
 */
@Injectable()
export class AuthenticateDevice {
  private readonly facts: OneInFlight<PresentedDevice, Answers>;

  constructor(
    @Inject(DEVICE_STORE) store: DeviceStore,
    private readonly secrets: FleetSecrets,
    private readonly definitions: DefinitionsCopy,
  ) {
    this.facts = new OneInFlight<PresentedDevice, Answers>(async (asked) => {
      const { epochs, facts } = await store.read(asked);
      return { epochs, byQuestion: new Map(asked.map((question, at) => [question, facts[at] ?? null])) };
    });
  }

  /** @throws AppError 'unavailable' when Postgres doesn't answer */
  async execute(registryId: string, basic: BasicCredentials): Promise<DeviceAuthentication> {
    const presented = presentedDevice(registryId, basic);
    if (presented === null) return { kind: 'refused', reason: 'unknown-device', device: null };
    const { epochs, byQuestion } = await this.facts.ask(presented);
    await this.definitions.reach(epochs);
    const facts = byQuestion.get(presented) ?? null;
    const isRight = this.isRight(presented, facts, basic.password);
    if (facts === null) return { kind: 'refused', reason: 'unknown-fleet', device: null };
    if (!isRight) return { kind: 'refused', reason: 'wrong-password', device: null };
    const device: ProvenDevice = { fleet: facts, deviceId: presented.device, keyId: presented.keyId };
    if (facts.status === 'disabled') return { kind: 'refused', reason: 'disabled', device };
    if (facts.key?.status !== 'enabled') return { kind: 'refused', reason: 'fleet-key-disabled', device };
    if (facts.isDenied) return { kind: 'refused', reason: 'device-denied', device };
    return { kind: 'accepted', device };
  }

  /** A fleet or key that isn't there costs the same hashes, so that time tells nothing. */
  private isRight(presented: PresentedDevice, facts: DeviceFacts | null, password: string): boolean {
    const { registryId, device, keyId } = presented;
    const sealed = facts?.key?.sealed ?? null;
    const identity = { registryId, fleetId: facts?.id ?? '', keyId, deviceId: device };
    const expected = sealed === null ? this.secrets.stand(identity) : this.secrets.passwordOf(identity, sealed);
    return secretsEqual(hashSecret(expected), hashSecret(password)) && sealed !== null;
  }
}

interface Answers {
  readonly epochs: Awaited<ReturnType<DeviceStore['read']>>['epochs'];
  readonly byQuestion: ReadonlyMap<PresentedDevice, DeviceFacts | null>;
}

/** `<fleet>/<device id>` and a password of the right shape; null = it is nobody's. */
function presentedDevice(registryId: string, { username, password }: BasicCredentials): PresentedDevice | null {
  const slash = username.indexOf('/');
  const fleet = fleetName.safeParse(username.slice(0, Math.max(slash, 0)));
  const device = deviceId.safeParse(username.slice(slash + 1));
  const keyId = keyIdOfDevicePassword(password);
  if (!fleet.success || !device.success || keyId === null) return null;
  return { registryId, fleet: fleet.data, device: device.data, keyId };
}
