import { deriveDevicePassword, open, seal, type DeviceIdentity } from '@berth/tokens';
import { LRUCache } from 'lru-cache';

/** Where a key stands. */
export interface FleetKeyPlace {
  readonly fleetId: string;
  readonly keyId: string;
}

/** Keys of fleets, which are needed again to check what was derived from them: in the schema only sealed. */
export class FleetSecrets {
  /** A key never changes, so it is opened once. */
  private readonly opened = new LRUCache<string, string>({ max: 10_000 });

  /** @param masterKey 32 bytes */
  constructor(private readonly masterKey: Buffer) {}

  seal(place: FleetKeyPlace, key: string): Buffer {
    return seal({ masterKey: this.masterKey, aad: aadOf(place), plaintext: Buffer.from(key) });
  }

  /** The password of a device. @throws AppError 'bug' when the key can't be opened with this master key */
  passwordOf(identity: DeviceIdentity, sealed: Buffer): string {
    const aad = aadOf(identity);
    const key = this.opened.get(aad) ?? open({ masterKey: this.masterKey, aad, sealed }).toString();
    this.opened.set(aad, key);
    return deriveDevicePassword(key, identity);
  }

  /** What is computed where there is no key: nobody's password, at the price of one. */
  stand(identity: DeviceIdentity): string {
    return deriveDevicePassword('', identity);
  }
}

function aadOf({ fleetId, keyId }: FleetKeyPlace): string {
  return `fleet_key/${fleetId}/${keyId}`;
}
