import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { decideFor, type Holder } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';
import { RegistryStore, type RegistryPage } from '../registry.js';
import { Report } from '../report.js';

/** Lists the registries of the caller's account that the caller may see, by name. */
@Injectable()
export class ListRegistries {
  constructor(
    private readonly db: Database,
    private readonly registries: RegistryStore,
    private readonly access: RegistryAccess,
    private readonly report: Report,
  ) {}

  /**
   * @param page limit: 1..1000
   * @returns at most `limit + 1` registries: one more than the page says that there is another page
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may see none at all
   */
  async execute(caller: Caller, { after, limit }: RegistryPage): Promise<RegistryDefinition[]> {
    const holder = await this.access.holderOf(caller);
    const visible: RegistryDefinition[] = [];
    let last = after;
    for (;;) {
      const found = await this.registries.page(this.db, caller.account, { after: last, limit: limit + 1 });
      visible.push(...found.filter((registry) => decideFor(holder, 'registries/read', registry).effect === 'allow'));
      last = found.at(-1)?.name ?? null;
      if (visible.length > limit || found.length <= limit) break;
    }
    if (visible.length === 0 && after === null) await this.requireAny(holder);
    return visible.slice(0, limit + 1);
  }

  /** Nothing to see is an answer for those who may see all there is, and a refusal for the others. */
  private async requireAny(holder: Holder): Promise<void> {
    const decision = decideFor(holder, 'registries/read', null);
    if (decision.effect === 'allow') return;
    const attempt = { caller: holder.caller, action: 'registries/read', registryId: null, resourceName: 'registries' };
    await this.report.refused(attempt, decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }
}
