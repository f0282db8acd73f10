import { repositoryDeleted, repositoryDeletionKey, type RepositoryDeletion } from '@berth/contracts';
import { Consumes, type StateRecord } from '@berth/messaging';
import { Controller, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import { Follower } from './follower.js';
import {
  followingModule,
  tellAge,
  type FollowingFactory,
  type FollowingModule,
  type FollowingOptions,
} from './following.js';
import { RepositoryDeletions } from './repository-deletions.js';
import { StateCopy } from './state-copy.js';
import { TopicCopy, whole, type Unreadable } from './topic-copy.js';

/**
 * A service's copy of the registry's deletions of repositories: loaded before the service listens, then kept up. There is
 * no first record to wait for: an installation in which nothing was ever deleted has none.
 *
 * A registry process follows its own service, to hear of what other replicas deleted, and so always has somebody to ask.
 * Identity doesn't make its readiness depend on `follower`: a registry that is away must not keep it from issuing. What it
 * misses meanwhile costs a client of a deleted repository a refusal and another try; it opens nothing.
 */
export class RegistryFollowing implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  /** What incarnations are stamped and checked by. */
  readonly deletions: RepositoryDeletions;
  readonly copy: StateCopy;
  readonly follower: Follower;

  constructor(private readonly options: FollowingOptions) {
    const { db, clock, logger, metrics, progressOf, poll, repeat } = options;
    this.deletions = new RepositoryDeletions(clock);
    metrics?.gauge({
      name: 'berth_deleted_repositories',
      help: 'Repositories whose deletion is remembered',
      read: () => this.deletions.size,
    });
    const topic = new TopicCopy(repositoryDeleted, whole, {
      onApplied: (deletion) => this.deletions.apply(deletion),
      onUnreadable: (unreadable) => this.distrust(unreadable),
    });
    this.copy = new StateCopy({ db, owner: 'registry', topics: [topic], clock, logger });
    this.follower = new Follower({
      owner: 'registry',
      copy: this.copy,
      topics: [repositoryDeleted.name],
      hasFirstRecord: () => true,
      ...{ progressOf, poll, clock, logger, repeat },
    });
    tellAge(options, 'registry', this.follower);
  }

  /** Takes in a deletion at first hand; resolves once it, or a newer one of that name, is stored and in memory. */
  async learn(deletion: RepositoryDeletion): Promise<void> {
    const key = repositoryDeletionKey(deletion);
    await this.copy.apply([{ topic: repositoryDeleted.name, key, change: null, data: deletion }]);
  }

  async onModuleInit(): Promise<void> {
    await this.copy.load();
  }

  onApplicationBootstrap(): void {
    this.follower.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.follower.stop();
  }

  private distrust({ key, timestampMs, reason }: Unreadable): void {
    this.options.logger.error(
      { key, reason },
      'a deletion cannot be read; older tokens for the repository are refused',
    );
    this.deletions.refuseIssuedBefore(key, timestampMs);
  }
}

/** Takes deletions from Kafka. */
@Controller()
export class FollowRegistryConsumer {
  constructor(private readonly following: RegistryFollowing) {}

  @Consumes(repositoryDeleted)
  async take(records: StateRecord<RepositoryDeletion>[]): Promise<void> {
    await this.following.copy.takeIn(records);
  }
}

@Module({})
class FollowRegistryModule {}

/**
 * Follows the registry's deletions of repositories: import the result, or spread its `controllers` and `providers` into
 * the app's module. Provides {@link RegistryFollowing} and {@link RepositoryDeletions}. The app's strategy must know
 * `repositoryDeleted`.
 */
export function followRegistry(factory: FollowingFactory<FollowingOptions>): FollowingModule {
  return followingModule(
    {
      ...{ module: FollowRegistryModule, consumer: FollowRegistryConsumer },
      ...{
        following: RegistryFollowing,
        shown: RepositoryDeletions,
        show: ({ deletions }: RegistryFollowing) => deletions,
      },
    },
    factory,
  );
}
