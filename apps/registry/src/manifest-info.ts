import type { Digest } from '@berth/oci';
import type { QuarantineState } from './quarantine.js';
import type { NamePage, RepositoryAddress } from './repository.js';

/** What was decided about a digest in its repository, as it counts now. */
export interface QuarantineInfo {
  readonly state: QuarantineState;
  readonly details: string | null;
  /** When it is, or was, open if nobody decides; null = never by itself. */
  readonly releaseAt: Date | null;
  /** `<kind>:<id>`; null = nobody decided in time. */
  readonly changedBy: string | null;
  readonly changedAt: Date;
}

/** What the management API says of a manifest. */
export interface ManifestInfo {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly pushedAt: Date;
  /** The first hundred in bytewise order. */
  readonly tags: readonly string[];
  /** null = nothing was ever decided: it is open. */
  readonly quarantine: QuarantineInfo | null;
}

/** Manifests as those see them who look after them, closed ones too. */
export abstract class ManifestDirectory {
  /** Null when the repository has no such manifest. */
  abstract find(address: RepositoryAddress, digest: Digest): Promise<ManifestInfo | null>;

  /**
   * By their digests in bytewise order, or null when the repository doesn't exist.
   *
   * @param state only these; null = all
   */
  abstract page(
    address: RepositoryAddress,
    state: QuarantineState | null,
    page: NamePage,
  ): Promise<readonly ManifestInfo[] | null>;
}
