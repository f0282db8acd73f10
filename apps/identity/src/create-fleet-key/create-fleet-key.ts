import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { generateSecret } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { maxFleetKeys, type Fleet, type FleetKey } from '../fleet.js';
import { FleetChanges } from '../fleet-changes.js';
import { FleetSecrets } from '../fleet-secrets.js';
import { KnownFleets, type FleetAttempt } from '../known-fleets.js';
import { RegistryAccess } from '../registry-access.js';
import { ScopeMapChoice } from '../scope-map-choice.js';

/** A new key, and what else a password is derived from. */
export interface CreatedFleetKey {
  readonly fleet: Fleet;
  readonly key: FleetKey;
  readonly secret: string;
}

/**
 * Makes a further key of a fleet; those before it go on. It is shown in the answer, once: whoever has it can be every device
 * of the fleet, so who asks for it must hold all that the fleet has.
 */
@Injectable()
export class CreateFleetKey {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    private readonly secrets: FleetSecrets,
    private readonly changes: FleetChanges,
  ) {}

  /**
   * @throws AppError 'not-found' (registry, fleet), 'denied' (may not export keys, or doesn't hold all that the fleet has),
   *   'conflict' with code `too-many-keys`, 'unavailable' without Postgres
   */
  async execute(caller: Caller, address: FleetAttempt): Promise<CreatedFleetKey> {
    const attempt = { ...address, action: 'fleetKeys/export' } as const;
    return this.fleets.change(caller, attempt, async (tx, by, fleet) => {
      await this.access.requireHeld(by, this.scopeMaps.of(fleet));
      if (fleet.keys.length >= maxFleetKeys) throw tooManyKeys();
      const secret = generateSecret('brf');
      const id = newKeyId();
      const sealed = this.secrets.seal({ fleetId: fleet.id, keyId: id }, secret);
      return { fleet, key: await this.changes.addKey(tx, by, { before: fleet, id, sealed }), secret };
    });
  }
}

/** 62 random bits: enough for the keys of one fleet never to meet. */
function newKeyId(): string {
  return Array.from({ length: 12 }, () => randomInt(36).toString(36)).join('');
}

function tooManyKeys(): AppError {
  const message = `a fleet has at most ${maxFleetKeys} keys: delete one that no device uses`;
  return new AppError({ kind: 'conflict', code: 'too-many-keys', message });
}
