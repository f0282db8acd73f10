import { ociError, type Reference, type RepositoryName } from '@berth/oci';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { inQuarantine } from '../hindrance.js';
import { ManifestStore, type ManifestHead, type StoredManifest } from '../manifest.js';
import { Report, type ReadingRight } from '../report.js';

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
   * @throws AppError 'not-found' MANIFEST_UNKNOWN, also for a tag of what is in quarantine; 'denied' for its digest;
   *   'unauthenticated' for anything else than that to who may pull nothing else; 'unavailable' when Postgres doesn't answer
   *   or the record can't be written
   */
  async pull(caller: DataPlaneCaller, wanted: WantedManifest): Promise<StoredManifest> {
    const { name, reference } = wanted;
    const found = await this.manifests.find(addressOf(caller, name), reference);
    const manifest = await this.opened(caller, wanted, found);
    const { digest, sizeBytes } = manifest;
    await this.report.pulled(caller, { repository: name, reference, digest, bytes: sizeBytes }, rightTo(manifest));
    return manifest;
  }

  /**
   * For an answer without the bytes; recorded as `check`. Errors as {@link pull}.
   *
   * @param isWanted only a manifest of which this says true is answered (and recorded): else null
   */
  async check(
    caller: DataPlaneCaller,
    wanted: WantedManifest,
    isWanted: (head: ManifestHead) => boolean = () => true,
  ): Promise<ManifestHead | null> {
    const { name, reference } = wanted;
    const found = await this.manifests.head(addressOf(caller, name), reference);
    const head = await this.opened(caller, wanted, found);
    if (!isWanted(head)) return null;
    const { digest, sizeBytes } = head;
    await this.report.checked(caller, { repository: name, reference, digest, bytes: sizeBytes }, rightTo(head));
    return head;
  }

  /** What was found, if it is open to the caller. */
  private async opened<Found extends ManifestHead>(
    caller: DataPlaneCaller,
    { name, reference }: WantedManifest,
    found: Found | null,
  ): Promise<Found> {
    if (caller.isQuarantineOnly && found?.isClosed !== true) return caller.refuseUngranted();
    if (found === null) throw ociError({ code: 'MANIFEST_UNKNOWN' });
    if (!found.isClosed) return found;
    // Whoever asks for a tag asks for an image to run; a scanner names what it was told of.
    if (reference.kind === 'tag') throw ociError({ code: 'MANIFEST_UNKNOWN' });
    return caller.mayPullQuarantined(name) ? found : caller.forbid(inQuarantine);
  }
}

function rightTo({ isClosed }: ManifestHead): ReadingRight {
  return isClosed ? 'quarantine/read' : 'content/read';
}
