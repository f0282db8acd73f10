import type { Caller } from '@berth/http';
import type { Digest } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { ContentLife } from '../content-life.js';
import { ContentStores } from '../content-stores.js';
import { ManagementReport } from '../management-report.js';
import { digestInPath, noSuchManifest } from '../manifest-answer.js';
import type { QuarantineState } from '../quarantine.js';
import { RegistryAccess } from '../registry-access.js';
import type { RepositoryAddress } from '../repository.js';

/** A manifest in its repository. */
export interface AddressedManifest {
  readonly address: RepositoryAddress;
  readonly digest: Digest;
}

/** Which manifest is let out of quarantine, kept in it, or put into it. */
export interface QuarantineChange {
  readonly registry: string;
  readonly repository: string;
  /** As in the address. */
  readonly digest: string;
  readonly state: QuarantineState;
  /** At most 4,096 characters; null = nothing is said. */
  readonly details: string | null;
}

/**
 * Changes the quarantine of a manifest for a caller who may, which no role for people lets them. Every replica obeys from
 * its next answer on.
 *
 * @source ACR quarantine (preview) "Scanner": `Passed` and `Failed`
 */
@Injectable()
export class ChangeQuarantine {
  constructor(
    private readonly db: Database,
    private readonly access: RegistryAccess,
    private readonly stores: ContentStores,
    private readonly report: ManagementReport,
    private readonly life: ContentLife,
  ) {}

  /**
   * What is put into quarantine stays there until somebody decides again, whatever the rule says of what is pushed.
   *
   * @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable'
   */
  async execute(
    caller: Caller,
    { registry, repository: name, state, details, ...path }: QuarantineChange,
  ): Promise<AddressedManifest> {
    const wanted = { registry, repository: name, action: 'quarantine/write' } as const;
    const authorized = await this.access.authorize(caller, wanted);
    const digest = digestInPath(path.digest);
    const { address } = authorized;
    const at = this.life.now();
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.repositories.find(tx, address);
      if (repository === null) throw noSuchManifest();
      await this.stores.quarantines.lock(tx, repository, digest);
      const decision = { digest, state, details, principal: caller.ref, at };
      if (!(await this.stores.quarantines.decide(tx, repository, decision))) throw noSuchManifest();
      await this.stores.blobs.hold(tx, repository, digest);
      await this.stores.obeyQuarantine(tx, repository, { digest, at });
      await this.report.quarantineChanged(tx, authorized, { digest, state });
    });
    return { address, digest };
  }
}
