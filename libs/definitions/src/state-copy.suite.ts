import { randomBytes } from 'node:crypto';
import {
  installation,
  type AccountDefinition,
  type Minimum,
  type RegistryDefinition,
  type RepositoryDeletion,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { Database, migrate } from '@berth/persistence';
import { createLogger } from '@berth/telemetry';
import { inject } from 'vitest';
import { definitionsMigrations } from './migrations.js';

export const silentLogger = createLogger({ service: 'spec', instance: 'spec-1', level: 'silent' });
export const account = installation.accountId;
export const registryId = installation.registryId;

/** A schema of its own on the run's Postgres, with the tables of a copy and one of what a hook has done. */
export interface SpecSchema {
  open(): Database;
  drop(): Promise<void>;
}

export async function createSpecSchema(): Promise<SpecSchema> {
  const name = `definitions_${randomBytes(4).toString('hex')}`;
  const server = openAt(inject('postgresUrl'), 'public');
  await server.query(`create database ${name} strategy file_copy`);
  const serviceUrl = urlOf(name, name);
  const noted = {
    name: 'SpecNoted1700000000009',
    up: ['create table noted (id bigserial primary key, key text not null, previous bigint, next bigint not null)'],
    down: ['drop table noted'],
  };
  const migrations = [...definitionsMigrations, noted];
  await migrate({ ownerUrl: urlOf(name), serviceUrl, schema: 'spec', migrations });
  const opened: Database[] = [];
  return {
    open: () => {
      const db = openAt(serviceUrl, 'spec');
      opened.push(db);
      return db;
    },
    drop: async () => {
      await Promise.allSettled(opened.map((db) => db.close()));
      await server.query(`drop database ${name} with (force)`);
      await server.query(`drop role ${name}`);
      await server.close();
    },
  };
}

function openAt(url: string, schema: string): Database {
  return Database.open({ url, schema, applicationName: 'spec', poolSize: 4 });
}

function urlOf(database: string, role?: string): string {
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${database}`;
  if (role !== undefined) {
    url.username = role;
    url.password = 'spec';
  }
  return url.href;
}

export function uuidOf(n: number): string {
  return `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

export function scopeMap(n: number, version: number, more: Partial<ScopeMapDefinition> = {}): ScopeMapDefinition {
  return {
    kind: 'scope-map',
    id: uuidOf(n),
    account,
    version,
    status: 'active',
    changedAt: '2026-11-01T00:00:00.000Z',
    registryId,
    name: `map-${n}`,
    description: null,
    actions: ['repositories/team/app/content/read'],
    ...more,
  };
}

export function defaultAccount(version = 1): AccountDefinition {
  return {
    kind: 'account',
    id: account,
    account,
    version,
    status: 'active',
    changedAt: '2026-11-01T00:00:00.000Z',
    name: 'default',
  };
}

export function localRegistry(version = 1): RegistryDefinition {
  return {
    ...{ kind: 'registry', id: registryId, account, version, status: 'active', changedAt: '2026-11-01T00:00:00.000Z' },
    ...{ name: 'local', region: null, resourceGroup: null, plan: 'standard' },
  };
}

export function minimumOf(subject: string, version: number, raisedAtMs: number): Minimum {
  return { subject, account, version, raisedAt: new Date(raisedAtMs).toISOString() };
}

export function deletionOf(repository: string, version: number, deletedAtMs: number): RepositoryDeletion {
  return { registryId, account, repository, version, deletedAt: new Date(deletedAtMs).toISOString() };
}
