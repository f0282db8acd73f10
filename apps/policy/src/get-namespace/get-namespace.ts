import type { NamespaceDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { DeletionAccess } from '../deletion-access.js';
import { noSuchNamespace } from '../namespace.js';

/** Which namespace of which registry. */
export interface GetNamespaceRequest {
  readonly registry: string;
  readonly name: string;
}

/** One namespace that somebody made known, also while it is being deleted. */
@Injectable()
export class GetNamespace {
  constructor(private readonly access: DeletionAccess) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(
    caller: Caller,
    { registry, name }: GetNamespaceRequest,
  ): Promise<{ namespace: NamespaceDefinition; isDeleting: boolean }> {
    const attempt = { registry, namespace: name, action: 'namespaces/list' } as const;
    const { namespace, isDeleting } = await this.access.authorize(caller, attempt);
    if (namespace === null) throw noSuchNamespace();
    return { namespace, isDeleting };
  }
}
