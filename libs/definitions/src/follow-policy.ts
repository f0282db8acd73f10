import {
  definitionChanged,
  definitionKey,
  installation,
  uuid,
  type Definition,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import { Consumes, type StateRecord } from '@berth/messaging';
import { Controller, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { DefinitionsView, type DecisionSettings } from './definitions-view.js';
import { Follower } from './follower.js';
import {
  followingModule,
  tellAge,
  type FollowingFactory,
  type FollowingModule,
  type FollowingOptions,
} from './following.js';
import { StateCopy } from './state-copy.js';
import { TopicCopy, type TopicHooks, type Unreadable } from './topic-copy.js';

/** What policy publishes at an installation's first start. Two keys come in any order, and a log-in needs both. */
const firstRecords = [
  definitionKey({ kind: 'account', id: installation.accountId }),
  definitionKey({ kind: 'registry', id: installation.registryId }),
];

type RoleAssignmentHead = Pick<RoleAssignmentDefinition, 'kind' | 'id' | 'version' | 'status'>;

/** What is kept of a record beside the view: of role assignments, of which there may be a hundred thousand, no more than that they are there. */
export type KnownDefinition = Exclude<Definition, RoleAssignmentDefinition> | RoleAssignmentHead;

function knownOf(definition: Definition): KnownDefinition {
  if (definition.kind !== 'role-assignment') return definition;
  const { id, version, status } = definition;
  return { kind: 'role-assignment', id, version, status };
}

const prohibitionKey = definitionKey({ kind: 'prohibition', id: '' });
const contentPoliciesKey = definitionKey({ kind: 'content-policies', id: '' });

/** As much of a prohibition as must be understood to fail closed. */
const unreadProhibition = z.looseObject({
  account: uuid,
  status: z.string().optional(),
  scope: z.looseObject({ registryId: uuid.optional() }),
});

/** What following policy takes. */
export interface FollowPolicyOptions extends FollowingOptions {
  /** In the transaction that stores a definition, once over all replicas; identity raises minima here. */
  readonly onStored?: TopicHooks<Definition>['onStored'];
  readonly decisions?: DecisionSettings;
}

/** A service's copy of policy's definitions: loaded before the service listens, then kept up. */
export class PolicyFollowing implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  /** What decisions are made from. */
  readonly view: DefinitionsView;
  readonly copy: StateCopy;
  readonly follower: Follower;
  /** What is known of each record, by `definitionKey`. */
  readonly definitions: TopicCopy<Definition, KnownDefinition>;

  constructor(private readonly options: FollowPolicyOptions) {
    const { onStored, decisions, db, clock, logger, progressOf, poll, repeat } = options;
    this.view = new DefinitionsView(decisions);
    this.definitions = new TopicCopy(definitionChanged, knownOf, {
      onApplied: (definition) => this.show(definition),
      onUnreadable: (unreadable) => this.distrust(unreadable),
      ...(onStored === undefined ? {} : { onStored }),
    });
    this.copy = new StateCopy({ db, owner: 'policy', topics: [this.definitions], clock, logger });
    this.follower = new Follower({
      owner: 'policy',
      copy: this.copy,
      topics: [definitionChanged.name],
      hasFirstRecord: () => firstRecords.every((key) => this.definitions.get(key) !== null),
      ...{ progressOf, poll, clock, logger, repeat },
    });
    tellAge(options, 'policy', this.follower);
  }

  /** Takes in a definition that policy gave as an answer; resolves once it, or a newer state, is stored and in memory. */
  async learn(definition: Definition): Promise<void> {
    const key = definitionKey(definition);
    await this.copy.apply([{ topic: definitionChanged.name, key, change: null, data: definition }]);
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

  /** Nothing is granted from a definition whose newest state can't be read, until one that can is there. */
  private distrust({ key, reason, said }: Unreadable): void {
    this.options.logger.error({ key, reason }, 'a definition cannot be read; nothing is granted from it');
    const known = this.definitions.get(key);
    if (known !== null) this.view.distrust(known.kind, known.id);
    else if (key.startsWith(contentPoliciesKey)) {
      this.view.distrust('content-policies', key.slice(contentPoliciesKey.length));
    } else if (key.startsWith(prohibitionKey)) this.forbidUnread(key.slice(prohibitionKey.length), said);
  }

  /** Of a kind that only newer code knows, perhaps: what it is about is shut as a whole. */
  private forbidUnread(id: string, said: unknown): void {
    const { data } = unreadProhibition.safeParse(said);
    if (data?.status === 'deleted') this.view.lift(id);
    else if (data === undefined) this.options.logger.error({ id }, 'nobody can say what a prohibition is about');
    else this.view.forbidAll({ id, account: data.account, registryId: data.scope.registryId ?? null });
  }

  private show(definition: Definition): void {
    try {
      this.view.upsert(definition);
    } catch (e) {
      const key = definitionKey(definition);
      this.options.logger.error({ err: e, key }, 'a definition cannot be decided from; nothing is granted from it');
    }
  }
}

/** Takes definitions from Kafka. */
@Controller()
export class FollowPolicyConsumer {
  constructor(private readonly following: PolicyFollowing) {}

  @Consumes(definitionChanged)
  async take(records: StateRecord<Definition>[]): Promise<void> {
    await this.following.copy.takeIn(records);
  }
}

@Module({})
class FollowPolicyModule {}

/**
 * Follows policy's definitions: import the result, or spread its `controllers` and `providers` into the app's module.
 * Provides {@link PolicyFollowing} and {@link DefinitionsView}. The app's strategy must know `definitionChanged`.
 */
export function followPolicy(factory: FollowingFactory<FollowPolicyOptions>): FollowingModule {
  return followingModule(
    {
      ...{ module: FollowPolicyModule, consumer: FollowPolicyConsumer },
      ...{ following: PolicyFollowing, shown: DefinitionsView, show: ({ view }: PolicyFollowing) => view },
    },
    factory,
  );
}
