import { definitionKey, type Definition } from '@berth/contracts';
import type { KnownDefinition } from '@berth/definitions';

/** A registry, or a namespace of one, of which nothing is to be left. */
export interface DoomedPlace {
  readonly account: string;
  readonly registryId: string;
  /** null = the whole registry. */
  readonly namespace: string | null;
  /** The definition that says so. */
  readonly decidedBy: { readonly ref: string; readonly version: number };
  /** The prohibition that shuts it; null = it is gone already. */
  readonly prohibitionId: string | null;
  /** Whether policy waits for it to be empty. */
  readonly isAwaited: boolean;
}

/** For so long after its end a registry is looked at: a replica that was behind may have let a push in until then. */
const watchedMs = 24 * 3_600_000;

/**
 * What is being deleted, and registries that are: by the records of policy, deleted ones included.
 *
 * @param nowMs epoch milliseconds
 */
export function doomedPlaces(definitions: Iterable<KnownDefinition>, nowMs: number): readonly DoomedPlace[] {
  const places: DoomedPlace[] = [];
  const ended = new Set<string>();
  for (const definition of definitions) {
    if (definition.kind === 'registry' && definition.status === 'deleted') {
      ended.add(definition.id);
      if (nowMs - Date.parse(definition.changedAt) < watchedMs) places.push(endedRegistry(definition));
    }
    const place = definition.status === 'active' ? shutPlace(definition) : null;
    if (place !== null) places.push(place);
  }
  return places.filter(({ isAwaited, registryId }) => !isAwaited || !ended.has(registryId));
}

function endedRegistry(registry: Definition): DoomedPlace {
  const { account, id: registryId } = registry;
  return {
    account,
    registryId,
    namespace: null,
    decidedBy: decidedBy(registry),
    prohibitionId: null,
    isAwaited: false,
  };
}

function shutPlace(definition: KnownDefinition): DoomedPlace | null {
  if (definition.kind !== 'prohibition' || definition.cause !== 'deleting') return null;
  const { account, scope } = definition;
  if (scope.kind !== 'registry' && scope.kind !== 'namespace') return null;
  const namespace = scope.kind === 'namespace' ? scope.namespace : null;
  const { registryId } = scope;
  const prohibitionId = definition.id;
  return { account, registryId, namespace, decidedBy: decidedBy(definition), prohibitionId, isAwaited: true };
}

function decidedBy(definition: Definition): DoomedPlace['decidedBy'] {
  return { ref: definitionKey(definition), version: definition.version };
}
