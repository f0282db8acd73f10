import { minimumRaised, signingKeyChanged, type Minimum, type SigningKey } from '@berth/contracts';
import { Consumes, type StateRecord } from '@berth/messaging';
import { Controller, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import { AccessState } from './access-state.js';
import { Follower } from './follower.js';
import {
  followingModule,
  tellAge,
  type FollowingFactory,
  type FollowingModule,
  type FollowingOptions,
} from './following.js';
import { StateCopy } from './state-copy.js';
import { TopicCopy, whole, type Unreadable } from './topic-copy.js';

/** A service's copy of identity's public keys and minima: loaded before the service listens, then kept up. */
export class IdentityFollowing implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  /** What tokens are accepted by. */
  readonly state: AccessState;
  readonly copy: StateCopy;
  readonly follower: Follower;

  constructor(private readonly options: FollowingOptions) {
    const { db, clock, logger, progressOf, poll, repeat } = options;
    this.state = new AccessState(clock);
    options.metrics?.gauge({
      name: 'berth_minima_subjects',
      help: 'Subjects of which older tokens are refused',
      read: () => this.state.size,
    });
    const topics = [
      new TopicCopy(signingKeyChanged, whole, {
        onApplied: (key) => this.trust(key),
        onUnreadable: (unreadable) => this.distrustKey(unreadable),
      }),
      new TopicCopy(minimumRaised, whole, {
        onApplied: (minimum) => this.state.applyMinimum(minimum),
        onUnreadable: (unreadable) => this.distrustSubject(unreadable),
      }),
    ];
    this.copy = new StateCopy({ db, owner: 'identity', topics, clock, logger });
    this.follower = new Follower({
      owner: 'identity',
      copy: this.copy,
      topics: [signingKeyChanged.name, minimumRaised.name],
      hasFirstRecord: () => this.state.hasActiveKey,
      ...{ progressOf, poll, clock, logger, repeat },
    });
    tellAge(options, 'identity', this.follower);
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

  /** A minimum that can't be read refuses all its subject's tokens issued before it. */
  private distrustSubject({ key, timestampMs, reason }: Unreadable): void {
    this.options.logger.error({ key, reason }, 'a minimum cannot be read; older tokens of its subject are refused');
    this.state.refuseIssuedBefore(key, timestampMs);
  }

  /** A key whose newest state can't be read may have been revoked. */
  private distrustKey({ key, reason }: Unreadable): void {
    this.options.logger.error({ key, reason }, 'a signing key cannot be read; what it signed is refused');
    this.state.distrustKey(key);
  }

  private trust(key: SigningKey): void {
    try {
      this.state.applyKey(key);
    } catch (e) {
      this.options.logger.error({ err: e, kid: key.kid }, 'a signing key is not usable; what it signed is refused');
    }
  }
}

/** Takes minima and keys from Kafka. */
@Controller()
export class FollowIdentityConsumer {
  constructor(private readonly following: IdentityFollowing) {}

  @Consumes(minimumRaised)
  async takeMinima(records: StateRecord<Minimum>[]): Promise<void> {
    await this.following.copy.takeIn(records);
  }

  @Consumes(signingKeyChanged)
  async takeKeys(records: StateRecord<SigningKey>[]): Promise<void> {
    await this.following.copy.takeIn(records);
  }
}

@Module({})
class FollowIdentityModule {}

/**
 * Follows identity's public keys and minima: import the result, or spread its `controllers` and `providers` into the
 * app's module. Provides {@link IdentityFollowing} and {@link AccessState}. The app's strategy must know `minimumRaised`
 * and `signingKeyChanged`.
 */
export function followIdentity(factory: FollowingFactory<FollowingOptions>): FollowingModule {
  return followingModule(
    {
      ...{ module: FollowIdentityModule, consumer: FollowIdentityConsumer },
      ...{ following: IdentityFollowing, shown: AccessState, show: ({ state }: IdentityFollowing) => state },
    },
    factory,
  );
}
