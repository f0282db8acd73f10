import type { PolicyFollowing } from '@berth/definitions';

/** Names of registries that were deleted, worked out again when the copy of the definitions has changed. */
export class EndedRegistries {
  private atEpoch = -1;
  private names: ReadonlySet<string> = new Set();

  constructor(private readonly policy: Pick<PolicyFollowing, 'copy' | 'definitions'>) {}

  /** Whether a registry had this name and was deleted; whether another one has it now is not looked at. */
  has(name: string): boolean {
    const { epoch } = this.policy.copy;
    if (epoch !== this.atEpoch) this.names = this.read();
    this.atEpoch = epoch;
    return this.names.has(name);
  }

  private read(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const each of this.policy.definitions.values()) {
      if (each.kind === 'registry' && each.status === 'deleted') names.add(each.name);
    }
    return names;
  }
}
