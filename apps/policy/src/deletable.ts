import type { AccountDefinition, NamespaceDefinition, RegistryDefinition } from '@berth/contracts';
import { assertNever } from '@berth/errors';

/** What is deleted in a state of its own, because others own what is in it. */
export type Deletable = AccountDefinition | RegistryDefinition | NamespaceDefinition;

/** In which registry something lies that can be deleted, or which one it is; null = an account. */
export function registryIdOf(thing: Deletable): string | null {
  switch (thing.kind) {
    case 'account':
      return null;
    case 'registry':
      return thing.id;
    case 'namespace':
      return thing.registryId;
    default:
      return assertNever(thing);
  }
}
