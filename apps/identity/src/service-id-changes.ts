import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AccountAuthorized } from './account-access.js';
import { PrincipalChanges } from './principal-changes.js';
import { noSuchApiKey, SERVICE_ID_STORE, type ApiKey, type ServiceId, type ServiceIdStore } from './service-id.js';

/**
 * Every change of a service ID and its API keys, and what it means for the tokens that are out. Each is one step of a
 * transaction.
 *
 * | Change | subject whose minimum rises |
 * |---|---|
 * | created, enabled; key made | none |
 * | disabled, deleted | `service:<id>` |
 * | key deleted | `api-key:<id>`; the other keys' tokens go on |
 *
 * @source architecture "Versions, minima, incarnations"
 */
@Injectable()
export class ServiceIdChanges {
  constructor(
    @Inject(SERVICE_ID_STORE) private readonly services: ServiceIdStore,
    private readonly changes: PrincipalChanges,
  ) {}

  /** @returns null when the name is taken; nothing is stored then */
  async create(tx: Transaction, by: AccountAuthorized, name: string): Promise<ServiceId | null> {
    const now = this.changes.clock();
    const service: ServiceId = {
      id: uuidv7(),
      account: by.account,
      name,
      status: 'enabled',
      version: await this.changes.nextVersion(tx),
      createdAtMs: now,
      changedAtMs: now,
    };
    if (!(await this.services.insert(tx, service))) return null;
    await this.changes.tell(tx, by, { event: 'created', resource: refOf(service) });
    return service;
  }

  /** The status that it has already changes nothing. */
  async setStatus(
    tx: Transaction,
    by: AccountAuthorized,
    { before, status }: { before: ServiceId; status: ServiceId['status'] },
  ): Promise<ServiceId> {
    if (before.status === status) return before;
    const version = await this.changes.nextVersion(tx);
    const service = { ...before, status, version, changedAtMs: this.changes.clock() };
    await this.services.update(tx, service);
    await this.changes.tell(tx, by, { event: 'updated', resource: refOf(service), asked: status });
    if (status === 'disabled') await this.changes.raise(tx, service, [refOf(service)]);
    return service;
  }

  async delete(tx: Transaction, by: AccountAuthorized, before: ServiceId): Promise<void> {
    const version = await this.changes.nextVersion(tx);
    await this.services.delete(tx, before);
    await this.changes.tell(tx, by, { event: 'deleted', resource: refOf(before) });
    await this.changes.raise(tx, { account: before.account, version }, [refOf(before)]);
  }

  async addKey(
    tx: Transaction,
    by: AccountAuthorized,
    { service, ...kept }: Pick<ApiKey, 'name' | 'sha256' | 'expiresAtMs'> & { service: ServiceId },
  ): Promise<ApiKey> {
    const version = await this.changes.nextVersion(tx);
    const key: ApiKey = { ...kept, id: uuidv7(), version, createdAtMs: this.changes.clock() };
    await this.services.insertKey(tx, service, key);
    await this.changes.tell(tx, by, { event: 'updated', resource: refOf(service), asked: `API key ${key.id} made` });
    return key;
  }

  /** @throws AppError 'not-found' when it has no such key */
  async deleteKey(
    tx: Transaction,
    by: AccountAuthorized,
    { service, keyId }: { service: ServiceId; keyId: string },
  ): Promise<void> {
    if (!(await this.services.deleteKey(tx, service, keyId))) throw noSuchApiKey();
    const version = await this.changes.nextVersion(tx);
    await this.changes.tell(tx, by, { event: 'updated', resource: refOf(service), asked: `API key ${keyId} deleted` });
    await this.changes.raise(tx, { account: service.account, version }, [`api-key:${keyId}`]);
  }
}

function refOf({ id }: ServiceId): string {
  return `service:${id}`;
}
