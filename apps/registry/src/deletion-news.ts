import { repositoryDeleted, type RepositoryDeletion } from '@berth/contracts';
import { RegistryFollowing } from '@berth/definitions';
import { isAppError } from '@berth/errors';
import { CLOCK, LOGGER, type Clock } from '@berth/foundation';
import { InternalClient } from '@berth/http';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';

/** Where Nest gives the {@link InternalClient} of identity. */
export const IDENTITY = Symbol('Identity');

/** Spreads the news of a deletion: published with it, and told to identity and this process before it is answered. */
@Injectable()
export class DeletionNews {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly deletions: RegistryFollowing,
    @Inject(IDENTITY) private readonly identity: InternalClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  now(): Date {
    return new Date(this.clock());
  }

  /** The next incarnation. */
  nextVersion(tx: Transaction): Promise<number> {
    return this.outbox.nextVersion(tx);
  }

  /** The sure way: committed together with the deletion. The last thing of its transaction. */
  async publish(tx: Transaction, deletion: RepositoryDeletion): Promise<void> {
    await this.outbox.publish(tx, repositoryDeleted, deletion);
  }

  /**
   * The quick way, after the commit: first identity, so that no token is refused for an incarnation that identity doesn't
   * know yet. One that doesn't answer hears of it by Kafka.
   */
  async spread(deletion: RepositoryDeletion): Promise<void> {
    try {
      const request = { method: 'POST', path: '/internal/repository-deletions', body: deletion } as const;
      await this.identity.sendJson(request, { schema: z.unknown() });
    } catch (e) {
      if (!isAppError(e)) throw e;
      this.logger.warn({ err: e, repository: deletion.repository }, 'identity hears of a deletion later');
    }
    await this.deletions.learn(deletion);
  }
}
