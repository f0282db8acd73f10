import type { RegistryDefinition } from '@berth/contracts';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import type { EntryOrigin } from '@berth/http';
import { decisionContext, parsePrincipalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from '../definitions-copy.js';
import { KnownRegistries } from '../known-registries.js';
import type { ProvenCredential } from '../proven-credential.js';
import { maxVersions } from './access-token.js';
import { grantAccess, type Granted } from './grant-access.js';
import type { TokenRequest } from './token-request.js';

/** What is asked for, and from where. */
export interface AskedAccess {
  readonly request: TokenRequest;
  readonly origin: EntryOrigin;
}

/** Who gets a token, where, and what it opens. */
export interface DecidedAccess {
  readonly credential: ProvenCredential;
  readonly registry: RegistryDefinition;
  readonly granted: Granted;
}

/** Whoever presents nothing is this, in every account. */
export const nobody = parsePrincipalRef('anonymous:anonymous');

/** Decides what a token opens, on this process's copy of the definitions. */
@Injectable()
export class AccessDecisions {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly registries: KnownRegistries,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Of the asked, what somebody may have who has proven who they are; that look-up has brought the copy up to date. */
  forCredential(
    credential: ProvenCredential,
    registry: RegistryDefinition,
    { request: { scopes }, origin: { address } }: AskedAccess,
  ): DecidedAccess {
    const { principal, versions } = credential;
    const granted = grantAccess(this.definitions.grants, {
      ...{ principal, registry, scopes },
      context: decisionContext(endOfSecond(this.clock()), address),
      room: Math.max(1, maxVersions - Object.keys(versions).length),
      epoch: this.definitions.epoch,
      incarnationOf: (repository) => this.definitions.incarnationOf(registry.id, repository),
    });
    return { credential, registry, granted };
  }

  /**
   * Of the asked, what is open to everybody. What memory knows to be closed costs no query: most who present nothing are
   * told to present something.
   *
   * @returns null = nothing
   * @throws AppError 'unavailable' when something seems to be open and it can't be told
   */
  async forAnybody(asked: AskedAccess): Promise<DecidedAccess | null> {
    if (this.openNow(asked) === null) return null;
    this.definitions.requireUsable();
    await this.definitions.refresh();
    return this.openNow(asked);
  }

  private openNow(asked: AskedAccess): DecidedAccess | null {
    const registry = this.registries.find(asked.request.service);
    if (registry === null) return null;
    const decided = this.forCredential(credentialOfNobody(registry.account), registry, asked);
    return decided.granted.access.length === 0 ? null : decided;
  }
}

/** Tokens count in whole seconds: what ends within this one could only get a token that has ended. */
function endOfSecond(atMs: number): number {
  return secondsOf(atMs) * 1000 + 999;
}

/** It ends with nothing, and is renewed by nothing. */
function credentialOfNobody(account: string): ProvenCredential {
  return {
    principal: { ref: nobody, account, groups: [], scopeMapId: null },
    name: 'anonymous',
    slot: null,
    apiKeyId: null,
    versions: {},
    endsAtMs: null,
    renewableVersion: null,
  };
}
