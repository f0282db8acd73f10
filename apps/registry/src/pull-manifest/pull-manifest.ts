import { ociError, type Reference, type RepositoryName } from '@berth/oci';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ManifestStore, type ManifestHead, type StoredManifest } from '../manifest.js';
import { Report } from '../report.js';

/** Which manifest is wanted. */
export interface WantedManifest {
  readonly name: RepositoryName;
  readonly reference: Reference;
}

/**
 * Finds a manifest for a caller whose token opens the repository, and writes down that it was pulled before anybody can
 * see it.
 *
 * @source OCI distribution-spec 1.1 "Pulling manifests"
 */
@Injectable()
export class PullManifest {
  constructor(
    private readonly manifests: ManifestStore,
    private readonly report: Report,
  ) {}

  /**
   * For an answer with the bytes; recorded as `pull`.
   *
   * @throws AppError 'not-found' MANIFEST_UNKNOWN; 'unavailable' when Postgres doesn't answer or the record can't be written
   */
  async pull(caller: DataPlaneCaller, { name, reference }: WantedManifest): Promise<StoredManifest> {
    const manifest = await this.manifests.find(addressOf(caller, name), reference);
    if (manifest === null) throw ociError({ code: 'MANIFEST_UNKNOWN' });
    const { digest, sizeBytes } = manifest;
    await this.report.pulled(caller, { repository: name, reference, digest, bytes: sizeBytes });
    return manifest;
  }

  /**
   * For an answer without the bytes; recorded as `check`. Errors as {@link pull}.
   *
   * @param isWanted only a manifest of which this says true is answered (and recorded): else null
   */
  async check(
    caller: DataPlaneCaller,
    { name, reference }: WantedManifest,
    isWanted: (head: ManifestHead) => boolean = () => true,
  ): Promise<ManifestHead | null> {
    const head = await this.manifests.head(addressOf(caller, name), reference);
    if (head === null) throw ociError({ code: 'MANIFEST_UNKNOWN' });
    if (!isWanted(head)) return null;
    const { digest, sizeBytes } = head;
    await this.report.checked(caller, { repository: name, reference, digest, bytes: sizeBytes });
    return head;
  }
}
