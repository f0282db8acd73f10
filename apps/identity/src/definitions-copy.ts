import { definitionKey, type Definition } from '@berth/contracts';
import type { DefinitionsView, PolicyFollowing, RegistryFollowing } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { DefinitionsView as GrantsView } from '@berth/policy-engine';
import type { CredentialStore, Epochs } from './credential.js';
import { OneInFlight } from './one-in-flight.js';

export interface DefinitionsCopyOptions {
  readonly following: PolicyFollowing;
  readonly registry: RegistryFollowing;
  readonly credentials: Pick<CredentialStore, 'epochs'>;
  /** 0 = a copy never gets too old. */
  readonly maxAgeSeconds: number;
}

/**
 * Identity's copy of the definitions, and of which repositories were deleted: a table that all replicas share, and its
 * image in this process's memory. Decisions are made from memory only after it was brought up to the table's epochs, so no
 * replica decides from less than any other.
 */
export class DefinitionsCopy {
  private readonly epochs: OneInFlight<null, Epochs>;
  private readonly definitionRefreshes: OneInFlight<number, void>;
  private readonly deletionRefreshes: OneInFlight<number, void>;
  private readonly grantsAlone: GrantsView;

  constructor(private readonly options: DefinitionsCopyOptions) {
    const { following, registry, credentials } = options;
    this.grantsAlone = withoutProhibitions(following.view);
    this.epochs = new OneInFlight(() => credentials.epochs());
    this.definitionRefreshes = new OneInFlight((epochs) => following.copy.refreshTo(Math.max(...epochs)));
    this.deletionRefreshes = new OneInFlight((epochs) => registry.copy.refreshTo(Math.max(...epochs)));
  }

  /** What to decide from; as new as the last `reach` or `refresh`. */
  get view(): DefinitionsView {
    return this.options.following.view;
  }

  /** What is granted, without regard to what is forbidden to everybody: that is refused where it is used. */
  get grants(): GrantsView {
    return this.grantsAlone;
  }

  /** Every definition stored up to this epoch is in {@link view}. */
  get epoch(): number {
    return this.options.following.copy.epoch;
  }

  /** The `inc` of an entry that is signed now; as new as the last `reach` or `refresh`. */
  incarnationOf(registryId: string, repository: string): number {
    return this.options.registry.deletions.incarnationOf(registryId, repository);
  }

  /** Brings memory up to epochs that were read from the table. @throws AppError 'unavailable' without Postgres */
  async reach({ definitions, deletions }: Epochs): Promise<void> {
    const { following, registry } = this.options;
    if (definitions > following.copy.epoch) await this.definitionRefreshes.ask(definitions);
    if (deletions > registry.copy.epoch) await this.deletionRefreshes.ask(deletions);
  }

  /** Brings memory up to the table as it is now. @throws AppError 'unavailable' without Postgres */
  async refresh(): Promise<void> {
    await this.reach(await this.epochs.ask(null));
  }

  /** Whether the copy knows that a scope map was deleted; false also for one that it can't tell anything of. */
  isDeletedScopeMap(id: string): boolean {
    return this.options.following.definitions.get(definitionKey({ kind: 'scope-map', id }))?.status === 'deleted';
  }

  /** Whether nobody of an account logs in any more: it is being deleted, or is. As new as the last `reach` or `refresh`. */
  isEndingAccount(account: string): boolean {
    const { view, definitions } = this.options.following;
    const isDeleting = view
      .prohibitionsOn(account, null)
      .some(({ kind, scope }) => kind === 'deleting' && scope.kind === 'account');
    return isDeleting || definitions.get(definitionKey({ kind: 'account', id: account }))?.status === 'deleted';
  }

  /** Takes in policy's own answer about one definition, unless the copy has a newer state of it. */
  learn(definition: Definition): Promise<void> {
    return this.options.following.learn(definition);
  }

  /** @throws AppError 'unavailable' before the copy was complete once, and when it got too old to decide from */
  requireUsable(): void {
    const { following, maxAgeSeconds } = this.options;
    if (!following.follower.isReady()) throw unusable('not-followed-yet', 'the definitions have not been read yet');
    if (maxAgeSeconds !== 0 && following.follower.ageMs() > maxAgeSeconds * 1000) {
      throw unusable('definitions-too-old', 'the definitions are too old to decide from');
    }
  }
}

/** Each kind by name: one that is forgotten here grants nothing. */
function withoutProhibitions(view: DefinitionsView): GrantsView {
  return {
    scopeMap: (id) => view.scopeMap(id),
    roleAssignmentsOf: (ref) => view.roleAssignmentsOf(ref),
    roleDefinition: (id) => view.roleDefinition(id),
    accessPoliciesOf: (ref) => view.accessPoliciesOf(ref),
    enforcementsOf: (account) => view.enforcementsOf(account),
    enforcementMandatoryFromMs: () => view.enforcementMandatoryFromMs(),
    registry: (id) => view.registry(id),
    namespace: (registryId, name) => view.namespace(registryId, name),
    namespacesOf: (registryId) => view.namespacesOf(registryId),
    anonymousAccessOf: (registryId) => view.anonymousAccessOf(registryId),
  };
}

function unusable(code: string, message: string): AppError {
  return new AppError({ kind: 'unavailable', code, message, retryAfterSeconds: 2 });
}
