import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { ContentRules, type StorageLimit } from '../content-rules.js';
import { RegistryAccess } from '../registry-access.js';
import { UsageStore, type StorageUsage } from '../usage.js';

/** Namespaces that one answer names, beside those that have a limit. */
const maxNamespaces = 1000;

/** How much of a registry, or of a namespace of it, is used. Bytes. */
export interface UsedStorage {
  /** Of distinct blobs and of manifests. */
  readonly usedBytes: number;
  /** Promised to uploads in progress. */
  readonly reservedBytes: number;
  /** null = no limit. */
  readonly limitBytes: number | null;
}

/** How much a registry holds. */
export interface RegistryUsage {
  readonly storage: UsedStorage;
  /** Those that use most first; at most 1,000, and all that have a limit. */
  readonly namespaces: readonly ({ readonly name: string } & UsedStorage)[];
}

/** Says how much a registry and its namespaces hold, and may hold. */
@Injectable()
export class GetUsage {
  constructor(
    private readonly access: RegistryAccess,
    private readonly usage: UsageStore,
    private readonly rules: ContentRules,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' */
  async get(caller: Caller, registryName: string): Promise<RegistryUsage> {
    const { account, id } = await this.access.authorizeIn(caller, { registry: registryName, action: 'quota/read' });
    const limits = this.rules.storageLimitsIn(id);
    const named = limits.flatMap(({ namespace }) => (namespace === null ? [] : [namespace]));
    const used = await this.usage.ofRegistry({ account, registryId: id }, { limit: maxNamespaces, named });
    const names = new Set(used.flatMap(({ namespace }) => (namespace === null ? [] : [namespace])).concat(named));
    const storageOf = lookUp(used, limits);
    return {
      storage: storageOf(null),
      namespaces: [...names].map((name) => ({ name, ...storageOf(name) })),
    };
  }
}

function lookUp(
  used: readonly StorageUsage[],
  limits: readonly StorageLimit[],
): (namespace: string | null) => UsedStorage {
  const usageOf = new Map(used.map((usage) => [usage.namespace, usage]));
  const limitOf = new Map(limits.map(({ namespace, limitBytes }) => [namespace, limitBytes]));
  return (namespace) => {
    const { usedBytes = 0, reservedBytes = 0 } = usageOf.get(namespace) ?? {};
    return { usedBytes, reservedBytes, limitBytes: limitOf.get(namespace) ?? null };
  };
}
