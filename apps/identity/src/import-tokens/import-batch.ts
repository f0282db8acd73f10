import { minimumRaised, type Minimum } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { generateSecret, hashSecret } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { factsOf, type Authorized } from '../registry-access.js';
import { Report } from '../report.js';
import { TOKEN_BATCH_STORE, type ImportedToken, type NamedToken, type TokenBatchStore } from '../token-batch.js';
import { takesAway } from '../token-changes.js';
import { msOf } from '../token-fields.js';
import { refusedLine, type LineResult, type TokenLine } from './token-line.js';

/** A line whose scope map is known. */
export interface ReadyLine extends TokenLine {
  readonly scopeMapId: string;
}

interface Import {
  readonly importId: string;
  readonly lines: readonly ReadyLine[];
}

/** A token as it is to be, and its password to tell; null = only its owner knows it. */
interface Prepared {
  readonly line: ReadyLine;
  readonly token: ImportedToken;
  readonly password: string | null;
}

/**
 * Stores the tokens of one batch in one transaction, with one entry of the audit log. A name that the same line of the same
 * import brought before is that token, which gets a new password; anybody else's keeps what it is.
 */
@Injectable()
export class ImportBatch {
  constructor(
    @Inject(TOKEN_BATCH_STORE) private readonly tokens: TokenBatchStore,
    private readonly outbox: Outbox,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns by line number, of every line */
  async store(tx: Transaction, by: Authorized, { importId, lines }: Import): Promise<ReadonlyMap<number, LineResult>> {
    if (lines.length === 0) return new Map();
    const names = lines.map(({ name }) => name);
    const { account, id: registryId } = by.registry;
    const there = await this.tokens.lockNamed(tx, account, { registryId, names });
    const version = await this.outbox.nextVersion(tx);
    const { fresh, again, results } = this.sorted(by, { importId, lines }, { there, version });
    const stored = await this.tokens.insert(
      tx,
      fresh.map(({ token }) => token),
    );
    for (const each of fresh)
      results.set(each.line.number, stored.has(each.token.name) ? done(each) : taken(each.line));
    await this.tokens.update(
      tx,
      again.map(({ token }) => token),
    );
    for (const each of again) results.set(each.line.number, done(each));
    const counts = { created: stored.size, again: again.length };
    if (counts.created + counts.again > 0) await this.tell(tx, by, { importId, lines, counts });
    await this.outbox.publishAll(tx, minimumRaised, this.minima(there, again));
    return results;
  }

  private sorted(
    by: Authorized,
    { importId, lines }: Import,
    { there, version }: { readonly there: readonly NamedToken[]; readonly version: number },
  ) {
    const known = new Map(there.map((token) => [token.name, token]));
    const seen = new Set<string>();
    const fresh: Prepared[] = [];
    const again: Prepared[] = [];
    const results = new Map<number, LineResult>();
    for (const line of lines) {
      const before = known.get(line.name) ?? null;
      const isOwn = before === null || (before.importId === importId && before.importLine === line.number);
      if (!isOwn || seen.has(line.name)) results.set(line.number, taken(line));
      else (before === null ? fresh : again).push(this.prepared(by, line, { importId, before, version }));
      seen.add(line.name);
    }
    return { fresh, again, results };
  }

  private prepared(
    by: Authorized,
    line: ReadyLine,
    { importId, before, version }: { importId: string; before: NamedToken | null; version: number },
  ): Prepared {
    const now = this.clock();
    const { status, labels, expiresAt } = line.token;
    const password = line.sha256 === null ? generateSecret('brt') : null;
    const token: ImportedToken = {
      id: before?.id ?? uuidv7(),
      account: by.registry.account,
      registryId: by.registry.id,
      name: line.name,
      scopeMapId: line.scopeMapId,
      status,
      labels,
      owner: before?.owner ?? null,
      expiresAtMs: msOf(expiresAt),
      version,
      createdAtMs: before?.createdAtMs ?? now,
      changedAtMs: now,
      importId,
      importLine: line.number,
      password: {
        slot: 1,
        sha256: password === null ? (line.sha256 ?? Buffer.alloc(0)) : hashSecret(password),
        version,
        createdAtMs: now,
        expiresAtMs: null,
      },
    };
    return { line, token, password };
  }

  private async tell(
    tx: Transaction,
    by: Authorized,
    { importId, lines, counts }: Import & { readonly counts: { readonly created: number; readonly again: number } },
  ): Promise<void> {
    const [first, last] = [lines[0], lines.at(-1)];
    await this.report.changed(tx, 'created', {
      ...factsOf(by),
      decidedBy: by.decidedBy,
      resource: `token-import:${importId}`,
      resourceName: `${first?.name} to ${last?.name}`,
      asked: `lines ${first?.number} to ${last?.number}: ${counts.created} tokens created, ${counts.again} again`,
    });
  }

  /** A password that was given out before ends, and with it what was issued for it. */
  private minima(there: readonly NamedToken[], again: readonly Prepared[]): Minimum[] {
    const before = new Map(there.map((token) => [token.id, token]));
    const raisedAt = new Date(this.clock()).toISOString();
    return again.flatMap(({ token }) => {
      const { id, account, version } = token;
      const known = before.get(id);
      if (known === undefined) return [];
      const subjects = [
        ...(known.hasPassword ? [`slot:${id}/1`] : []),
        ...(takesAway(known, token) ? [`token:${id}`] : []),
      ];
      return subjects.map((subject) => ({ subject, account, version, raisedAt }));
    });
  }
}

function done({ line, password }: Prepared): LineResult {
  return { kind: 'imported', name: line.name, password };
}

function taken({ number, name }: TokenLine): LineResult {
  const message = 'a token of this name is there already, and not from this line of this import';
  return refusedLine(number, name, new AppError({ kind: 'conflict', code: 'name-taken', message }));
}
