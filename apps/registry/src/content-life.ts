import type { Clock } from '@berth/foundation';
import { ociError } from '@berth/oci';

/** How long content is kept that nothing needs any more. */
export interface ContentLifeSettings {
  /**
   * From the last answer that said a blob exists, or the loss of the last manifest that refers to it, until it is looked at.
   * Longer than the longest push, or a push may have to send a layer again. Milliseconds.
   */
  readonly reviewDelayMs: number;
  /** An upload that nobody continued for so long is given up. Milliseconds. */
  readonly maxIdleMs: number;
  /** Uploads that one principal may have open in one registry. */
  readonly maxOpenUploads: number;
  /** Whether clients of the data plane may delete at all. */
  readonly mayDelete: boolean;
  /** Whether a manifest may name blobs and manifests that are not in its repository. */
  readonly maySparse: boolean;
}

/** The clock of what comes and goes. */
export class ContentLife {
  constructor(
    private readonly clock: Clock,
    readonly settings: ContentLifeSettings,
  ) {}

  now(): Date {
    return new Date(this.clock());
  }

  /** When it is looked at whether anything needs what is said to exist now, or is lost now. */
  reviewAfter(): Date {
    return new Date(this.clock() + this.settings.reviewDelayMs);
  }

  /** @throws AppError 'malformed' UNSUPPORTED when this installation doesn't let clients delete, whoever they are */
  requireDeletes(): void {
    if (!this.settings.mayDelete) throw ociError({ code: 'UNSUPPORTED', message: 'deletes are switched off here' });
  }

  /** Uploads that nobody continued since then are given up. */
  abandonedBefore(): Date {
    return new Date(this.clock() - this.settings.maxIdleMs);
  }
}
