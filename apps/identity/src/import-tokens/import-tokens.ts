import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { LastingCallers } from '../lasting-caller.js';
import { RegistryAccess } from '../registry-access.js';
import { ChosenScopeMaps } from './chosen-scope-maps.js';
import { ImportBatch, type ReadyLine } from './import-batch.js';
import { lineBatches, type NumberedLine } from './line-batches.js';
import { isTokenLine, readTokenLine, refusedLine, writtenLine, type LineResult, type TokenLine } from './token-line.js';

/** A list of tokens to import. */
export interface ImportRequest {
  readonly registry: string;
  /** Names the import: whoever sends it again, with the same lines, goes on with it. */
  readonly id: string;
  /** The number of the first line to import; those before it are read over. */
  readonly from: number;
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Imports any number of tokens, a line each, in constant memory: a batch of lines is read, stored in one transaction with
 * one entry of the audit log, and answered before the next is read. What breaks off leaves whole batches; sent again under
 * the same id it goes on, and from the line on that it goes on with passwords are generated anew.
 */
@Injectable()
export class ImportTokens {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ChosenScopeMaps,
    private readonly batch: ImportBatch,
    private readonly callers: LastingCallers,
    private readonly db: Database,
  ) {}

  /**
   * The answers, a text of whole lines for each batch: one line for each line of the body, in their order. Reads the body
   * only as fast as the answers are taken.
   *
   * @throws AppError as each batch is decided anew: 'not-found' (registry), 'denied' (may not write tokens any more),
   *   'unauthenticated' (taken away), 'unavailable'; what was answered before that is stored
   */
  async *execute(caller: Caller, { registry, id, from, body }: ImportRequest): AsyncGenerator<string> {
    const authorized = () =>
      this.access.authorize(this.callers.again(caller), { registry, action: 'tokens/write', resourceName: id });
    await authorized();
    for await (const lines of lineBatches(body, from)) {
      const by = await authorized();
      const results = await this.importBatch(by, id, lines);
      yield results.map(writtenLine).join('');
    }
  }

  private async importBatch(
    by: Awaited<ReturnType<RegistryAccess['authorize']>>,
    importId: string,
    lines: readonly NumberedLine[],
  ): Promise<LineResult[]> {
    const read = lines.map(readTokenLine);
    const tokens = read.filter(isTokenLine);
    const chosen = await this.scopeMaps.of(by, importId, tokens);
    const results = new Map<number, LineResult>();
    const ready = tokens.flatMap((line): ReadyLine[] => {
      const map = chosen.get(line.number);
      if (map?.kind === 'chosen') return [{ ...line, scopeMapId: map.id }];
      if (map !== undefined) results.set(line.number, refusedLine(line.number, line.name, map.error));
      return [];
    });
    const stored = await this.db.transaction((tx) => this.batch.store(tx, by, { importId, lines: ready }));
    return read.flatMap((line) => resultOf(line, stored, results));
  }
}

function resultOf(line: TokenLine | LineResult, ...known: readonly ReadonlyMap<number, LineResult>[]): LineResult[] {
  if (!isTokenLine(line)) return [line];
  return known.flatMap((results) => results.get(line.number) ?? []);
}
