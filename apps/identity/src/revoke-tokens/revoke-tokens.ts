import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import { LastingCallers } from '../lasting-caller.js';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { ScopeMapChoice } from '../scope-map-choice.js';
import { tokensPerBatch } from '../token-batch.js';
import { anyToken, type TokenFilter } from '../token-filter.js';
import { RevokeBatch } from './revoke-batch.js';

/** Which tokens: those with all of these labels, those of a scope map, or those of these names. */
export type TokensToRevoke =
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: 'scope-map'; readonly name: string }
  | { readonly kind: 'names'; readonly names: readonly string[] };

export interface RevokeRequest {
  readonly registry: string;
  readonly which: TokensToRevoke;
  /** Disabled tokens can be enabled again, deleted ones are gone. */
  readonly action: 'disable' | 'delete';
}

export interface Revoked {
  /** How many are disabled or deleted now that weren't before. */
  readonly revoked: number;
  /** Whether there may be more: the same request goes on with them. */
  readonly more: boolean;
}

/** After this a request is answered, so that nobody between waits in vain; the same one again goes on. */
const longestMs = 20_000;

/** Disables or deletes many tokens of a registry, a batch in each transaction; the access tokens that are out end too. */
@Injectable()
export class RevokeTokens {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    private readonly callers: LastingCallers,
    private readonly batches: RevokeBatch,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError 'not-found' (registry), 'denied', 'malformed' with code `unknown-scope-map`, 'unavailable' without
   *   Postgres; batches that were finished before stay
   */
  async execute(caller: Caller, { registry, which, action }: RevokeRequest): Promise<Revoked> {
    const right = action === 'disable' ? 'tokens/write' : 'tokens/delete';
    const authorized = () =>
      this.access.authorize(this.callers.again(caller), { registry, action: right, resourceName: nameOf(which) });
    const endMs = this.clock() + longestMs;
    const filter = await this.filterOf(await authorized(), which, action);
    let revoked = 0;
    let after = '';
    for (;;) {
      const batch = await this.batches.revoke(await authorized(), { after, filter, action });
      revoked += batch.length;
      after = batch.at(-1)?.name ?? after;
      if (batch.length < tokensPerBatch) return { revoked, more: false };
      if (this.clock() >= endMs) return { revoked, more: true };
    }
  }

  private async filterOf(
    { registry }: Authorized,
    which: TokensToRevoke,
    action: RevokeRequest['action'],
  ): Promise<TokenFilter> {
    const filter: TokenFilter = { ...anyToken, status: action === 'disable' ? 'enabled' : null };
    switch (which.kind) {
      case 'labels':
        return { ...filter, labels: which.labels };
      case 'names':
        return { ...filter, names: which.names };
      case 'scope-map':
        return { ...filter, scopeMapId: (await this.scopeMaps.named(registry, which.name)).id };
    }
  }
}

/** What was asked for, as the audit log names it. */
function nameOf(which: TokensToRevoke): string {
  switch (which.kind) {
    case 'labels':
      return `labels ${JSON.stringify(which.labels)}`.slice(0, 300);
    case 'scope-map':
      return `scope map ${which.name}`;
    case 'names':
      return `${which.names.length} names`;
  }
}
