import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import { hashSecret, secretsEqual } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import type { BasicCredentials } from './basic-credentials.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { LOG_IN_STORE, type ApiKeyQuestion, type LogIns, type LogInStore, type ServiceLogIn } from './log-in.js';
import { OneInFlight } from './one-in-flight.js';
import type { ServiceId } from './service-id.js';

/** Which service ID somebody is. `service` of a refusal: whose key was presented; null when it is nobody's. */
export type ServiceAuthentication =
  | { readonly kind: 'accepted'; readonly logIn: ServiceLogIn }
  | {
      readonly kind: 'refused';
      readonly reason:
        'unknown-api-key' | 'other-name' | 'other-account' | 'account-deleting' | 'disabled' | 'api-key-expired';
      readonly service: ServiceId | null;
    };

/** The API key that a refresh token is bound to. */
export interface BoundToKey {
  readonly serviceId: string;
  readonly keyId: string | undefined;
  readonly version: number;
}

/** The user name under which any API key logs in, as IBM's clients do. */
const anyServiceName = 'iamapikey';

/**
 * Checks an API key. The key alone says whose it is, found by its hash; the name that comes with it must be that service
 * ID's, or `iamapikey`. Read for each log-in in one batched query, so a deleted key is refused by every replica at once.
 */
@Injectable()
export class AuthenticateService {
  private readonly logIns: OneInFlight<ApiKeyQuestion, LogIns<ApiKeyQuestion, ServiceLogIn>>;

  constructor(
    @Inject(LOG_IN_STORE) store: LogInStore,
    private readonly definitions: DefinitionsCopy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.logIns = new OneInFlight((asked) => store.services(asked));
  }

  /**
   * @param account where the service ID must be; null = in any
   * @throws AppError 'unavailable' when Postgres doesn't answer
   */
  async execute(account: string | null, { username, password }: BasicCredentials): Promise<ServiceAuthentication> {
    const sha256 = hashSecret(password);
    const logIn = await this.read({ by: 'secret', sha256 });
    if (logIn === null || !secretsEqual(logIn.key.sha256, sha256)) return unknown;
    const { service } = logIn;
    const isItsName = username === service.name || username === anyServiceName;
    if (!isItsName) return { kind: 'refused', reason: 'other-name', service };
    return this.judged(account, logIn);
  }

  /**
   * Whether what a refresh token is bound to is still there: that key of that service ID.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer
   */
  async again(account: string, { serviceId, keyId, version }: BoundToKey): Promise<ServiceAuthentication> {
    if (keyId === undefined) return unknown;
    const logIn = await this.read({ by: 'id', id: keyId });
    if (logIn?.service.id !== serviceId || logIn.key.version !== version) return unknown;
    return this.judged(account, logIn);
  }

  private judged(account: string | null, logIn: ServiceLogIn): ServiceAuthentication {
    const { service, key } = logIn;
    const isElsewhere = account !== null && service.account !== account;
    if (isElsewhere) return { kind: 'refused', reason: 'other-account', service: null };
    const isEnding = this.definitions.isEndingAccount(service.account);
    if (isEnding) return { kind: 'refused', reason: 'account-deleting', service };
    if (service.status === 'disabled') return { kind: 'refused', reason: 'disabled', service };
    const hasEnded = key.expiresAtMs !== null && secondsOf(key.expiresAtMs) <= secondsOf(this.clock());
    if (hasEnded) return { kind: 'refused', reason: 'api-key-expired', service };
    return { kind: 'accepted', logIn };
  }

  private async read(question: ApiKeyQuestion): Promise<ServiceLogIn | null> {
    const { epochs, found } = await this.logIns.ask(question);
    await this.definitions.reach(epochs);
    return found(question);
  }
}

const unknown: ServiceAuthentication = { kind: 'refused', reason: 'unknown-api-key', service: null };
