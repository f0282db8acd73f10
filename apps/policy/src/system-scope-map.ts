import { AppError } from '@berth/errors';
import { systemScopeMapId, systemScopeMaps } from '@berth/policy-engine';
import type { ScopeMapAnswer } from './scope-map-answer.js';

/** The scope maps that a registry always has, as they are answered. */
export function systemMapsOf(registryId: string): ScopeMapAnswer[] {
  return [...systemScopeMaps].map(([name, actions]) => ({
    ...{ id: systemScopeMapId(registryId, name), name, description: null, actions: [...actions] },
    ...{ conditions: [], system: true, version: 1, createdAt: null, changedAt: null },
  }));
}

/** @throws AppError 'conflict' for the name of a system scope map */
export function refuseSystemMap(name: string): void {
  if (!systemScopeMaps.has(name)) return;
  const message = `${name} is one of Berth's own scope maps, which can't be changed or deleted; make one of your own`;
  throw new AppError({ kind: 'conflict', code: 'system-scope-map', message });
}
