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

/** Which manifests are listed. */
export interface WantedManifests {
  /** null = whatever was decided. */
  readonly state: QuarantineState | null;
  /** Only those that may not be pulled now. */
  readonly onlyClosed: boolean;
}

/** Whether it may not be pulled now. */
export function isClosed({ quarantine }: ManifestInfo): boolean {
  return quarantine !== null && quarantine.state !== 'passed';
}

/** Manifests as those see them who look after them, closed ones too. */
export abstract class ManifestDirectory {
  /** Null when the repository has no such manifest. */
  abstract find(address: RepositoryAddress, digest: Digest): Promise<ManifestInfo | null>;

  /** By their digests in bytewise order, or null when the repository doesn't exist. */
  abstract page(
    address: RepositoryAddress,
    wanted: WantedManifests,
    page: NamePage,
  ): Promise<readonly ManifestInfo[] | null>;
}
