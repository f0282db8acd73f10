import { CLOCK, type Clock } from '@berth/foundation';
import type { Digest } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { ManifestDirectory, type ManifestInfo, type QuarantineInfo, type WantedManifests } from '../manifest-info.js';
import { endedHoldDetails, type QuarantineState } from '../quarantine.js';
import type { NamePage, RepositoryAddress } from '../repository.js';

interface InfoRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly pushed_at: Date;
  readonly tags: string[];
  readonly state: QuarantineState | null;
  readonly details: string | null;
  readonly release_at: Date | null;
  readonly changed_by: string | null;
  readonly changed_at: Date | null;
}

const columns = `m.digest, m.media_type, length(m.content) as size_bytes, m.pushed_at,
  array(select t.name from tag t where t.repository_id = m.repository_id and t.digest = m.digest
         order by t.name limit 100) as tags,
  q.state, q.details, q.release_at, q.changed_by, q.changed_at`;

const decided = 'quarantine q on q.repository_id = m.repository_id and q.digest = m.digest';

/** A quarantine that has ended by itself counts as passed before anybody wrote that down. */
const inState = `q.state = any($4)
  and case when q.state = 'quarantined' and q.release_at <= $6 then 'passed' else q.state end = $5`;

/** What the management API says of manifests, from Postgres. */
@Injectable()
export class PostgresManifestDirectory extends ManifestDirectory {
  constructor(
    private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async find({ registryId, name, account }: RepositoryAddress, digest: Digest): Promise<ManifestInfo | null> {
    const [row] = await this.db.query<InfoRow>(
      `select ${columns}
         from repository r
         join manifest m on m.repository_id = r.id and m.digest = $4
         left join ${decided}
        where r.registry_id = $1 and r.name = $2 and r.account = $3`,
      [registryId, name, account, digest],
    );
    return row === undefined ? null : this.infoOf(row);
  }

  async page(
    { registryId, name, account }: RepositoryAddress,
    { state, onlyClosed }: WantedManifests,
    { limit, after }: NamePage,
  ): Promise<readonly ManifestInfo[] | null> {
    const [repository] = await this.db.query<{ id: string }>(
      `select id from repository where registry_id = $1 and name = $2 and account = $3`,
      [registryId, name, account],
    );
    if (repository === undefined) return null;
    const { id } = repository;
    const rows =
      state === null
        ? await this.db.query<InfoRow>(
            `select ${columns} from manifest m left join ${decided}
              where m.repository_id = $1 and m.digest > $2 and (not $4::boolean or m.closed_until > $5) order by m.digest limit $3`,
            [id, after ?? '', limit, onlyClosed, this.now()],
          )
        : await this.db.query<InfoRow>(
            `select ${columns} from manifest m join ${decided}
              where m.repository_id = $1 and m.digest > $2 and ${inState} and (not $7::boolean or m.closed_until > $6) order by m.digest limit $3`,
            [
              ...[id, after ?? '', limit, state === 'passed' ? ['passed', 'quarantined'] : [state], state],
              ...[this.now(), onlyClosed],
            ],
          );
    return rows.map((row) => this.infoOf(row));
  }

  private now(): Date {
    return new Date(this.clock());
  }

  private infoOf({ digest, media_type, size_bytes, pushed_at, tags, ...decided }: InfoRow): ManifestInfo {
    const quarantine = quarantineOf(decided, this.now());
    return { digest, mediaType: media_type, sizeBytes: size_bytes, pushedAt: pushed_at, tags, quarantine };
  }
}

type DecidedRow = Pick<InfoRow, 'state' | 'details' | 'release_at' | 'changed_by' | 'changed_at'>;

function quarantineOf(row: DecidedRow, at: Date): QuarantineInfo | null {
  const { state, details, release_at: releaseAt, changed_by: changedBy, changed_at: changedAt } = row;
  if (state === null || changedAt === null) return null;
  if (state === 'quarantined' && releaseAt !== null && releaseAt <= at) {
    return { state: 'passed', details: endedHoldDetails, releaseAt, changedBy: null, changedAt: releaseAt };
  }
  return { state, details, releaseAt, changedBy, changedAt };
}
