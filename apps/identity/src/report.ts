import { changeTopics, installation, type EntryDraft } from '@berth/contracts';
import type { Outbox, Spool } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { GrantRef } from '@berth/policy-engine';
import type { Logger, Metrics } from '@berth/telemetry';
import type { Clock } from '@berth/foundation';
import { originOf, requestSource, type EntryOrigin, type RefusedEntries } from '@berth/http';
import type { UnknownNames } from './unknown-names.js';

/** Who acts, as an entry names them. `id` null: nobody was recognised, and `name` is a stand-in. */
export interface Actor {
  readonly id: string | null;
  readonly name: string;
  readonly slot?: 1 | 2;
}

/** What was decided about an access token or a log-in. */
export interface IssueFacts {
  readonly account: string;
  readonly actor: Actor;
  readonly origin: EntryOrigin;
  /** Null for a log-in to management. */
  readonly registryId: string | null;
  /** The scopes as they came. */
  readonly asked: string;
  /** The one repository asked for, if it is one. */
  readonly repository: string | null;
}

/** A change or a refusal of management, of one thing. */
export interface ManagementFacts {
  readonly account: string;
  readonly actor: Actor;
  readonly origin: EntryOrigin;
  readonly action: string;
  /** Null for what belongs to no registry. */
  readonly registryId: string | null;
  readonly resource?: string;
  readonly resourceName: string;
  readonly asked?: string;
}

/** What decided a change: a grant, or the registry or account whose deletion took it along. */
export interface Decider extends Omit<GrantRef, 'kind'> {
  readonly kind: GrantRef['kind'] | 'registry' | 'account';
}

export interface ReportOptions {
  readonly spool: Pick<Spool, 'append'>;
  readonly refused: Pick<RefusedEntries, 'enter' | 'count'>;
  readonly outbox: Pick<Outbox, 'record'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly unknownNames: UnknownNames;
  readonly clock: Clock;
  readonly instance: string;
}

/** What happens here, told once: entry of the audit log, log line and counter of each business event together. */
export class Report {
  private readonly issues;
  private readonly refusals;
  private readonly changes;
  private readonly challenges;

  constructor(private readonly options: ReportOptions) {
    const { metrics } = options;
    this.issues = metrics.counter({ name: 'berth_tokens_issued_total', help: 'Tokens issued', labels: ['kind'] });
    this.refusals = metrics.counter({
      name: 'berth_token_refusals_total',
      help: 'Refused credentials and token requests',
      labels: ['reason'],
    });
    this.changes = metrics.counter({
      name: 'berth_management_calls_total',
      help: 'Changes made and refused',
      labels: ['event'],
    });
    this.challenges = metrics.counter({
      name: 'berth_challenges_total',
      help: 'Token requests without a credential; counted, not entered',
    });
  }

  /** An access token was signed. Resolves once the entry is on disk: only then may the token leave. */
  async tokenIssued(facts: IssueFacts, granted: { isComplete: boolean; grants: ReadonlyMap<string, number> }) {
    this.issues.inc({ kind: 'access' });
    await this.options.spool.append({
      ...this.issueEntry(facts, 'token-issued', 'allowed'),
      ...(granted.isComplete ? {} : { reason: 'fewer-than-asked' }),
      ...(granted.grants.size === 0
        ? {}
        : { decidedBy: Array.from(granted.grants, ([ref, version]) => ({ ref, version })) }),
    });
  }

  /** Somebody logged in to management. */
  async loggedIn(facts: IssueFacts): Promise<void> {
    this.issues.inc({ kind: 'management' });
    await this.options.spool.append(this.issueEntry(facts, 'token-issued', 'allowed'));
  }

  /** Somebody proved who they are to get, or keep, a refresh token. */
  async exchanged(facts: IssueFacts): Promise<void> {
    this.issues.inc({ kind: 'refresh' });
    await this.options.spool.append(this.issueEntry(facts, 'token-issued', 'allowed'));
  }

  /**
   * A presented credential, or a request with one, was refused. Resolves once the entry is on disk; of a source that is
   * refused all the time the rest is only counted, and told of in one entry a minute.
   */
  async tokenRefused(facts: IssueFacts, reason: string): Promise<void> {
    this.refusals.inc({ reason });
    this.options.logger.info({ actor: facts.actor.id, reason }, 'a token request was refused');
    const entry = { ...this.issueEntry(facts, 'token-refused', 'refused'), reason };
    await this.options.refused.enter(requestSource(facts.origin.address), entry);
  }

  /** A request that makes no sense came without a credential: told of by number, once a minute for each source. */
  malformed(origin: EntryOrigin, reason: string): void {
    this.refusals.inc({ reason });
    const facts = { account: installation.accountId, registryId: null, asked: '', repository: null };
    const entry = this.issueEntry({ ...facts, origin, actor: this.nobody('') }, 'token-refused', 'refused');
    this.options.refused.count(requestSource(origin.address), { ...entry, reason });
  }

  /** A management token of nobody, or one that was taken away, was presented. Resolves once the entry is on disk. */
  async managementTokenRefused(origin: EntryOrigin, reason: string): Promise<void> {
    const facts = { account: installation.accountId, registryId: null, asked: '', repository: null };
    await this.tokenRefused({ ...facts, origin, actor: { id: null, name: 'unknown' } }, reason);
  }

  /** The actor of a credential whose user name nobody has. */
  nobody(username: string): Actor {
    return { id: null, name: this.options.unknownNames.standInFor(username) };
  }

  /** A client without a credential was told to present one. */
  challenged(): void {
    this.challenges.inc();
  }

  /** Something managed here changed; told in the transaction of the change. */
  async changed(
    tx: Transaction,
    event: 'created' | 'updated' | 'deleted',
    facts: ManagementFacts & { readonly decidedBy: Decider | null },
  ): Promise<void> {
    const { decidedBy } = facts;
    await this.options.outbox.record(tx, changeTopics.identity, {
      ...this.managementEntry(facts, event, 'allowed'),
      ...(decidedBy === null
        ? {}
        : { decidedBy: [{ ref: `${decidedBy.kind}:${decidedBy.id}`, version: decidedBy.version }] }),
    });
    tx.afterCommit(() => {
      this.changes.inc({ event });
      this.options.logger.info({ actor: facts.actor.id, resource: facts.resource, event }, 'changed');
    });
  }

  /** A caller may not do what it asked for. Resolves once the entry is on disk. */
  async refused(facts: ManagementFacts, reason: string): Promise<void> {
    this.changes.inc({ event: 'refused' });
    this.options.logger.info({ actor: facts.actor.id, action: facts.action, reason }, 'refused');
    await this.options.spool.append({ ...this.managementEntry(facts, 'refused', 'refused'), reason });
  }

  private issueEntry(facts: IssueFacts, event: EntryDraft['event'], outcome: EntryDraft['outcome']): EntryDraft {
    const { account, actor, origin, registryId, asked, repository } = facts;
    return {
      at: this.now(),
      account,
      event,
      actor,
      action: null,
      ...(asked === '' ? {} : { asked }),
      target: {
        ...(registryId === null ? {} : { registryId }),
        ...(repository === null ? {} : { repository }),
      },
      outcome,
      ...originOf(origin),
      service: 'identity',
      instance: this.options.instance,
    };
  }

  private managementEntry(
    facts: ManagementFacts,
    event: EntryDraft['event'],
    outcome: EntryDraft['outcome'],
  ): EntryDraft {
    const { account, actor, origin, action, registryId, resource, resourceName, asked } = facts;
    return {
      at: this.now(),
      account,
      event,
      actor,
      action,
      ...(asked === undefined ? {} : { asked }),
      target: {
        ...(registryId === null ? {} : { registryId }),
        ...(resource === undefined ? {} : { resource }),
        resourceName,
      },
      outcome,
      ...originOf(origin),
      service: 'identity',
      instance: this.options.instance,
    };
  }

  private now(): string {
    return new Date(this.options.clock()).toISOString();
  }
}
