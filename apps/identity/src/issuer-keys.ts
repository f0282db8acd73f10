import { AppError } from '@berth/errors';
import type { Clock } from '@berth/foundation';
import type { EgressClient } from '@berth/http';
import type { Logger } from '@berth/telemetry';
import { IssuerKeySet, type SubjectVerification } from '@berth/tokens';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Age from which newer keys are asked for while the old ones are used. */
const refreshMs = 5 * 60_000;
/** Age from which a log-in waits for newer keys first: so long one that an issuer took back may still be used. */
const freshMs = 10 * 60_000;
/** How long keys are used while their issuer gives no answer. */
const staleMs = 6 * 3_600_000;
/** Between two answers of an issuer, however many keys are named that it does not have. */
const betweenAnswersMs = 30_000;
/** After the first failure; each further one doubles it, up to the longest. */
const firstPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;
/** Log-ins that wait for one answer of an issuer. */
const maxWaiting = 100;
const maxIssuers = 10_000;
const maxKeyBytes = 64 * 1024 * 1024;
/** What an issuer costs in memory besides its keys. */
const bytesOfIssuer = 1024;

const discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.string().max(2048) });

/** What is known of an issuer, and when it may be asked again. */
interface Issuer {
  readonly name: string;
  keys: { readonly set: IssuerKeySet; readonly readAtMs: number } | null;
  mayAskFromMs: number;
  failures: number;
  asking: Promise<void> | null;
  waiting: number;
}

/** A token as it came, whose issuer somebody trusts, and for whom it must be. */
export interface PresentedSubject {
  readonly compact: string;
  readonly issuer: string;
  readonly audience: string;
}

/**
 * The keys of the issuers that workloads come from. An issuer is somebody else's server, so it is asked rarely and one
 * request at a time; while it fails, is slow or shows nonsense its old keys are used for some hours, it is asked ever less
 * often, and whoever needs an answer of it is told to come again. No issuer costs another one anything.
 *
 * @source OpenID Connect Discovery 1.0 section 4; RFC 7517
 */
export class IssuerKeys {
  private readonly issuers = new LRUCache<string, Issuer>({
    max: maxIssuers,
    maxSize: maxKeyBytes,
    sizeCalculation: ({ keys }) => bytesOfIssuer + (keys?.set.bytes ?? 0),
  });

  constructor(
    private readonly egress: Pick<EgressClient, 'send'>,
    private readonly clock: Clock,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /**
   * Whether a token is what its issuer signed, for this audience and now.
   *
   * @throws AppError 'unavailable' with code `issuer-unavailable` when that can't be told
   */
  async verify({
    compact,
    issuer: name,
    audience,
  }: PresentedSubject): Promise<Exclude<SubjectVerification, { kind: 'unknown-key' }>> {
    const issuer = this.known(name);
    const set = await this.usableKeys(issuer);
    const expectation = { issuer: name, audience, nowMs: this.clock() };
    const verified = await set.verify(compact, expectation);
    if (verified.kind !== 'unknown-key') return verified;
    const newer = await this.newerKeys(issuer, set);
    const again = newer === null ? verified : await newer.verify(compact, expectation);
    if (again.kind !== 'unknown-key') return again;
    // Keys that could not be read again may lack the one that signed: that is no answer.
    if (issuer.failures > 0) throw this.unavailable(issuer);
    return { kind: 'refused', cause: 'signed with a key that the issuer does not show' };
  }

  private known(name: string): Issuer {
    const known = this.issuers.get(name);
    if (known !== undefined) return known;
    const issuer: Issuer = { name, keys: null, mayAskFromMs: 0, failures: 0, asking: null, waiting: 0 };
    this.issuers.set(name, issuer);
    return issuer;
  }

  private async usableKeys(issuer: Issuer): Promise<IssuerKeySet> {
    const ageMs = issuer.keys === null ? Infinity : this.clock() - issuer.keys.readAtMs;
    if (ageMs > freshMs) await this.wait(issuer);
    else if (ageMs > refreshMs && this.mayAsk(issuer)) void this.ask(issuer);
    if (issuer.keys !== null && this.clock() - issuer.keys.readAtMs <= staleMs) return issuer.keys.set;
    throw this.unavailable(issuer);
  }

  private async newerKeys(issuer: Issuer, than: IssuerKeySet): Promise<IssuerKeySet | null> {
    if (!(await this.wait(issuer))) throw this.unavailable(issuer);
    return issuer.keys === null || issuer.keys.set === than ? null : issuer.keys.set;
  }

  private mayAsk({ asking, mayAskFromMs }: Issuer): boolean {
    return asking === null && this.clock() >= mayAskFromMs;
  }

  /** Waits for an answer, if the issuer may be asked. @returns false when too many wait already */
  private async wait(issuer: Issuer): Promise<boolean> {
    if (issuer.asking === null && !this.mayAsk(issuer)) return true;
    if (issuer.waiting >= maxWaiting) return false;
    issuer.waiting += 1;
    try {
      await (issuer.asking ?? this.ask(issuer));
      return true;
    } finally {
      issuer.waiting -= 1;
    }
  }

  /** Never rejects: what came of it is in the issuer's state. */
  private ask(issuer: Issuer): Promise<void> {
    issuer.asking = this.readKeys(issuer.name)
      .then(
        (set) => {
          issuer.keys = { set, readAtMs: this.clock() };
          issuer.failures = 0;
          issuer.mayAskFromMs = this.clock() + betweenAnswersMs;
          // Again, for its new size.
          this.issuers.set(issuer.name, issuer);
        },
        (err: unknown) => {
          this.logger.warn({ err, issuer: issuer.name }, 'the keys of an issuer could not be read');
          issuer.mayAskFromMs = this.clock() + Math.min(longestPauseMs, firstPauseMs * 2 ** issuer.failures);
          issuer.failures += 1;
        },
      )
      .finally(() => {
        issuer.asking = null;
      });
    return issuer.asking;
  }

  private async readKeys(issuer: string): Promise<IssuerKeySet> {
    const about = discovery.parse(
      JSON.parse(await this.read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)),
    );
    if (about.issuer !== issuer)
      throw new AppError({ kind: 'unavailable', message: 'it says that it is another issuer' });
    return IssuerKeySet.parse(await this.read(about.jwks_uri));
  }

  private async read(url: string): Promise<string> {
    const { status, body } = await this.egress.send({ url, headers: { accept: 'application/json' } });
    if (status !== 200) throw new AppError({ kind: 'unavailable', message: `the issuer answered ${status}` });
    return body.toString('utf8');
  }

  private unavailable(issuer: Issuer): AppError {
    const waitMs = Math.max(0, issuer.mayAskFromMs - this.clock());
    return new AppError({
      kind: 'unavailable',
      code: 'issuer-unavailable',
      message: 'the issuer of the token does not answer',
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    });
  }
}
