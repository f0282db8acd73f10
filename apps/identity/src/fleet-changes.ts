import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { FLEET_STORE, type Fleet, type FleetKey, type FleetStore, type FleetWish } from './fleet.js';
import { raiseMinima } from './raise-minima.js';
import { factsOf, type Authorized } from './registry-access.js';
import { Report } from './report.js';

/**
 * Every change of a fleet, and what it means for the access tokens that are out. Each is one step of a transaction: a new
 * version of the fleet, the rows, the entry in the audit log, and a minimum where the change takes something away.
 *
 * | Change | subject whose minimum rises |
 * |---|---|
 * | created, enabled; key made or enabled; device allowed again | none |
 * | disabled, pointed to another scope map, deleted | `fleet:<id>` |
 * | key disabled or deleted | `fleet-key:<fleet id>/<key id>` |
 * | device locked out | `device:<fleet id>/<device id>` |
 *
 * A token of a device carries the fleet's version under all three subjects: a row for each device is needed for none.
 * The minimum comes last in each, because publishing holds a lock until the commit.
 *
 * @source architecture "Versions, minima, incarnations"; access-model "Fleets"
 */
@Injectable()
export class FleetChanges {
  constructor(
    private readonly outbox: Outbox,
    @Inject(FLEET_STORE) private readonly fleets: FleetStore,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns null when the name was taken meanwhile; nothing is stored then */
  async create(tx: Transaction, by: Authorized, wish: FleetWish): Promise<Fleet | null> {
    const now = this.clock();
    const fleet: Fleet = {
      id: uuidv7(),
      account: by.registry.account,
      registryId: by.registry.id,
      name: by.resourceName,
      ...wish,
      version: await this.outbox.nextVersion(tx),
      createdAtMs: now,
      changedAtMs: now,
      keys: [],
    };
    if (!(await this.fleets.insert(tx, fleet))) return null;
    await this.tell(tx, by, { event: 'created', fleet });
    return fleet;
  }

  /** A wish that the fleet fulfils already changes nothing. */
  async update(tx: Transaction, by: Authorized, { before, wish }: { before: Fleet; wish: FleetWish }): Promise<Fleet> {
    const isSameMap = before.scopeMapId === wish.scopeMapId;
    if (isSameMap && before.status === wish.status) return before;
    const fleet = await this.next(tx, { ...before, ...wish });
    const asked = [...(isSameMap ? [] : ['scopeMap']), ...(before.status === wish.status ? [] : [wish.status])];
    await this.tell(tx, by, { event: 'updated', fleet, asked: asked.join(', ') });
    const isDisabled = before.status === 'enabled' && wish.status === 'disabled';
    if (isDisabled || !isSameMap) await this.raise(tx, fleet, `fleet:${fleet.id}`);
    return fleet;
  }

  async delete(tx: Transaction, by: Authorized, before: Fleet): Promise<void> {
    const fleet = { ...before, version: await this.outbox.nextVersion(tx) };
    await this.fleets.delete(tx, fleet);
    await this.tell(tx, by, { event: 'deleted', fleet });
    await this.raise(tx, fleet, `fleet:${fleet.id}`);
  }

  async addKey(
    tx: Transaction,
    by: Authorized,
    what: { before: Fleet; id: string; sealed: Buffer },
  ): Promise<FleetKey> {
    const { before, id, sealed } = what;
    const fleet = await this.next(tx, before);
    const key: FleetKey = { id, status: 'enabled', createdAtMs: fleet.changedAtMs };
    await this.fleets.insertKey(tx, fleet, { ...key, sealed });
    await this.tell(tx, by, { event: 'updated', fleet, asked: `key ${id} made and shown` });
    return key;
  }

  async setKeyStatus(
    tx: Transaction,
    by: Authorized,
    { before, key }: { before: Fleet; key: Pick<FleetKey, 'id' | 'status'> },
  ): Promise<void> {
    const fleet = await this.next(tx, before);
    await this.fleets.setKeyStatus(tx, fleet, key);
    await this.tell(tx, by, { event: 'updated', fleet, asked: `key ${key.id} ${key.status}` });
    if (key.status === 'disabled') await this.raise(tx, fleet, `fleet-key:${fleet.id}/${key.id}`);
  }

  async deleteKey(tx: Transaction, by: Authorized, { before, id }: { before: Fleet; id: string }): Promise<void> {
    const fleet = await this.next(tx, before);
    await this.fleets.deleteKey(tx, fleet, id);
    await this.tell(tx, by, { event: 'updated', fleet, asked: `key ${id} deleted` });
    await this.raise(tx, fleet, `fleet-key:${fleet.id}/${id}`);
  }

  /** Locking out a device that is locked out changes nothing. */
  async deny(tx: Transaction, by: Authorized, { before, device }: { before: Fleet; device: string }): Promise<void> {
    if (!(await this.fleets.deny(tx, before, { device, deniedAtMs: this.clock() }))) return;
    const fleet = await this.next(tx, before);
    await this.tell(tx, by, { event: 'updated', fleet, asked: `device ${device} denied` });
    await this.raise(tx, fleet, `device:${fleet.id}/${device}`);
  }

  async allow(tx: Transaction, by: Authorized, { before, device }: { before: Fleet; device: string }): Promise<void> {
    if (!(await this.fleets.allow(tx, before, device))) return;
    const fleet = await this.next(tx, before);
    await this.tell(tx, by, { event: 'updated', fleet, asked: `device ${device} allowed` });
  }

  private async next(tx: Transaction, before: Fleet): Promise<Fleet> {
    const fleet = { ...before, version: await this.outbox.nextVersion(tx), changedAtMs: this.clock() };
    await this.fleets.update(tx, fleet);
    return fleet;
  }

  private async tell(
    tx: Transaction,
    by: Authorized,
    { event, fleet, asked }: { event: 'created' | 'updated' | 'deleted'; fleet: Fleet; asked?: string },
  ): Promise<void> {
    await this.report.changed(tx, event, {
      ...factsOf(by),
      decidedBy: by.decidedBy,
      resource: `fleet:${fleet.id}`,
      ...(asked === undefined ? {} : { asked }),
    });
  }

  private async raise(tx: Transaction, { account, version }: Fleet, subject: string): Promise<void> {
    await raiseMinima(this.outbox, tx, { subjects: [subject], account, version, atMs: this.clock() });
  }
}
