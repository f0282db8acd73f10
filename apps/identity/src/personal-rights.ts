import type { ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { POLICY_CLIENT, type PolicyClient } from './policy-client.js';
import { RegistryAccess, type Authorized } from './registry-access.js';
import { linesOf, ScopeMapChoice, type RepositoryRights } from './scope-map-choice.js';

/** The scope maps of people's own tokens. */
@Injectable()
export class PersonalRights {
  constructor(
    @Inject(POLICY_CLIENT) private readonly policy: PolicyClient,
    private readonly scopeMaps: ScopeMapChoice,
    private readonly access: RegistryAccess,
  ) {}

  /**
   * The scope map with these rights, made by policy as the caller, who must hold them all.
   *
   * @throws AppError 'malformed' with code `invalid-repositories`, 'denied' when the caller doesn't hold one, 'unavailable'
   *   when policy doesn't answer
   */
  async scopeMapOf(by: Authorized, rights: readonly RepositoryRights[]): Promise<ScopeMap> {
    const name = await this.policy.makePersonalScopeMap(by.caller, by.registry, linesOf(rights));
    const map = await this.scopeMaps.named(by.registry, name);
    await this.access.requireHeld(by, map);
    return map;
  }
}
