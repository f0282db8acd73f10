import { isAppError } from '@berth/errors';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import type { DataPlaneCaller } from './caller.js';
import { ContentRules } from './content-rules.js';
import { quotaStates, type QuotaState } from './quota-state.js';
import { Report } from './report.js';
import type { RepositoryAddress } from './repository.js';
import { UploadStore, type Upload, type UploadWriter } from './upload.js';
import { noGrowth, UsageStore, type Growth } from './usage.js';

/** At most so much is reserved in one step beyond what is needed at once. */
const maxStepBytes = 64 * 1024 * 1024;
/** And by a request that doesn't say how much it brings no more than such a part of what is left. */
const partOfRoom = 16;

/** What content takes that has just arrived. */
export interface Arrival {
  readonly address: RepositoryAddress;
  readonly growth: Growth;
  /** What it was promised before, and needs no more; 0 = nothing. */
  readonly reservedBytes: number;
}

/** How much an upload needs more. */
export interface WantedBytes {
  /** At once. Some more is reserved, so that not every chunk asks again. */
  readonly bytes: number;
  /** All that is still to come; null = nobody says. */
  readonly announcedBytes: number | null;
}

/**
 * Lets nobody store more than a registry and its namespaces may hold. Where nothing is limited it only counts. What an
 * upload brings is reserved before it is taken, so that all that is used and reserved together never exceeds a limit, unless
 * somebody lowers it: then nothing new is taken.
 */
@Injectable()
export class StorageQuota {
  /** Pushes that were refused, since the process began; for metrics. */
  refusals = 0;

  constructor(
    private readonly db: Database,
    private readonly usage: UsageStore,
    private readonly rules: ContentRules,
    private readonly report: Report,
    private readonly uploads: UploadStore,
  ) {}

  /**
   * Reserves bytes for an upload, if anything is limited there.
   *
   * @returns how many; 0 = nothing is limited; null = it isn't the writer any more
   * @throws AppError 'denied' with reason `quota`, recorded, when there is no room; 'unavailable'
   */
  async reserve(
    caller: DataPlaneCaller,
    writer: UploadWriter,
    { bytes, announcedBytes }: WantedBytes,
  ): Promise<number | null> {
    const { address } = writer.upload;
    const limits = this.rules.storageLimitsOf(address);
    if (limits.length === 0) return 0;
    const states = quotaStates(limits, await this.usage.around(this.db, address));
    const full = states.find(({ roomBytes }) => roomBytes < (announcedBytes ?? bytes));
    if (full !== undefined) return this.refuse(caller, full);
    const room = Math.min(...states.map(({ roomBytes }) => roomBytes));
    const step = Math.max(bytes, Math.min(maxStepBytes, announcedBytes ?? Math.floor(room / partOfRoom)));
    let tried = await this.tryReserve(writer, step);
    // Others have taken what was left meanwhile.
    if (tried.kind === 'full' && bytes > 0 && step > bytes) tried = await this.tryReserve(writer, bytes);
    if (tried.kind === 'full') return this.refuse(caller, tried.state);
    return tried.kind === 'lost' ? null : tried.bytes;
  }

  /**
   * Counts what a push has stored, as the last step of its transaction. Content that is there already takes nothing.
   *
   * @throws AppError 'denied' with reason `quota`, recorded, when there is no room for more than was reserved; 'unavailable'
   */
  async settle(tx: Transaction, caller: DataPlaneCaller, { address, growth, reservedBytes }: Arrival): Promise<void> {
    if (growth.registryBytes === 0 && growth.namespaceBytes === 0 && reservedBytes === 0) return;
    const limits = this.rules.storageLimitsOf(address);
    const moreIn = (namespace: string | null): number => grownIn(growth, namespace) - reservedBytes;
    const lacking = ({ namespace, roomBytes }: QuotaState, bytes: number): boolean =>
      moreIn(namespace) > 0 && roomBytes < bytes;
    if (limits.some(({ namespace }) => moreIn(namespace) > 0)) {
      // Whoever is refused again and again keeps nobody waiting for the counters.
      const before = quotaStates(limits, await this.usage.around(tx, address));
      const full = before.find((state) => lacking(state, moreIn(state.namespace)));
      if (full !== undefined) await this.refuse(caller, full);
    }
    const change = { used: growth, reservedBytes: -reservedBytes };
    const after = quotaStates(limits, await this.usage.change(tx, address, change));
    const full = after.find((state) => lacking(state, 0));
    if (full !== undefined) {
      await this.refuse(caller, { ...full, usedBytes: full.usedBytes - grownIn(growth, full.namespace) });
    }
    for (const state of after) {
      if (state.isNearAfter(grownIn(growth, state.namespace))) await this.report.quotaNeared(tx, caller, state);
    }
  }

  /** Counts what a delete has taken away, as the last step of its transaction. */
  async free(tx: Transaction, address: RepositoryAddress, { namespaceBytes, registryBytes }: Growth): Promise<void> {
    const used = { namespaceBytes: -namespaceBytes, registryBytes: -registryBytes };
    await this.usage.change(tx, address, { used, reservedBytes: 0 });
  }

  /** Gives back what a request has reserved beyond its bytes. What isn't now, is by the next round of giving up uploads. */
  async giveBackSpare(upload: Upload): Promise<void> {
    await this.db.transaction((tx) => this.uploads.giveBackSpare(tx, upload));
  }

  private async tryReserve(writer: UploadWriter, bytes: number): Promise<Tried> {
    const { address } = writer.upload;
    try {
      return await this.db.transaction(async (tx) => {
        if (!(await this.uploads.reserve(tx, writer, bytes))) return { kind: 'lost' };
        await this.usage.begin(tx, address);
        const usages = await this.usage.change(tx, address, { used: noGrowth, reservedBytes: bytes });
        const full = quotaStates(this.rules.storageLimitsOf(address), usages).find(({ roomBytes }) => roomBytes < 0);
        if (full !== undefined) throw new Full(full);
        return { kind: 'reserved', bytes };
      });
    } catch (e) {
      if (e instanceof Full) return { kind: 'full', state: e.state };
      throw e;
    }
  }

  private async refuse(
    caller: DataPlaneCaller,
    { namespace, usedBytes, limitBytes }: Omit<QuotaState, 'isNearAfter'>,
  ): Promise<never> {
    this.refusals += 1;
    const place = namespace === null ? 'the registry' : `namespace ${namespace}`;
    const words = `it would exceed the storage quota of ${place}: used ${usedBytes} of ${limitBytes} bytes`;
    return caller.forbid({ reason, words });
  }
}

/** Whether a push was refused because there is no room, so that nothing of it needs to be kept. */
export function isOverQuota(e: unknown): boolean {
  return isAppError(e) && e.kind === 'denied' && e.detail?.['reason'] === reason;
}

const reason = 'quota';

type Tried =
  | { readonly kind: 'reserved'; readonly bytes: number }
  | { readonly kind: 'full'; readonly state: QuotaState }
  /** It isn't the writer any more. */
  | { readonly kind: 'lost' };

/** Rolls the transaction back. */
class Full extends Error {
  constructor(readonly state: QuotaState) {
    super('there is no room');
  }
}

function grownIn({ namespaceBytes, registryBytes }: Growth, namespace: string | null): number {
  return namespace === null ? registryBytes : namespaceBytes;
}
