import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { raiseMinima } from '../raise-minima.js';
import { factsOf, type Authorized } from '../registry-access.js';
import { Report } from '../report.js';
import { TOKEN_BATCH_STORE, type TokenBatchStore, type TokenOfBatch } from '../token-batch.js';
import type { TokenFilter } from '../token-filter.js';

/** One transaction of a revocation: the rows, one entry of the audit log, and the minima. */
@Injectable()
export class RevokeBatch {
  constructor(
    @Inject(TOKEN_BATCH_STORE) private readonly tokens: TokenBatchStore,
    private readonly outbox: Outbox,
    private readonly report: Report,
    private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns the tokens that were revoked, by name; fewer than a batch holds only at the end */
  async revoke(
    by: Authorized,
    page: { readonly after: string; readonly filter: TokenFilter; readonly action: 'disable' | 'delete' },
  ): Promise<TokenOfBatch[]> {
    return this.db.transaction(async (tx) => {
      const { account, id: registryId } = by.registry;
      const tokens = await this.tokens.lockMatching(tx, account, { ...page, registryId });
      if (tokens.length === 0) return tokens;
      const version = await this.outbox.nextVersion(tx);
      if (page.action === 'delete') await this.tokens.delete(tx, tokens);
      else await this.tokens.disable(tx, tokens, { version, atMs: this.clock() });
      await this.tell(tx, by, tokens);
      const subjects = tokens.map(({ id }) => `token:${id}`);
      await raiseMinima(this.outbox, tx, { subjects, account, version, atMs: this.clock() });
      return tokens;
    });
  }

  private async tell(tx: Transaction, by: Authorized, tokens: readonly TokenOfBatch[]): Promise<void> {
    const isDeletion = by.action === 'tokens/delete';
    await this.report.changed(tx, isDeletion ? 'deleted' : 'updated', {
      ...factsOf(by),
      decidedBy: by.decidedBy,
      resource: `token-revocation:${tokens[0]?.id}`,
      asked: `${tokens.length} tokens ${isDeletion ? 'deleted' : 'disabled'}, ${tokens[0]?.name} to ${tokens.at(-1)?.name}`,
    });
  }
}
