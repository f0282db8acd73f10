import type { PrincipalRef } from '@berth/policy-engine';
import type { Epochs } from './credential.js';
import type { ApiKey, ServiceId } from './service-id.js';
import type { User } from './user.js';

/** A user, and the groups they are in. */
export interface UserLogIn {
  readonly user: User;
  readonly groups: readonly PrincipalRef[];
}

/** A service ID, one of its API keys, and the groups it is in. */
export interface ServiceLogIn {
  readonly service: ServiceId;
  readonly key: ApiKey;
  readonly groups: readonly PrincipalRef[];
}

/** How a log-in names a user. */
export type UserQuestion =
  { readonly by: 'name'; readonly account: string; readonly name: string } | { readonly by: 'id'; readonly id: string };

/** How a log-in names an API key: by what was presented, or by what a refresh token is bound to. */
export type ApiKeyQuestion =
  { readonly by: 'secret'; readonly sha256: Buffer } | { readonly by: 'id'; readonly id: string };

/** Answers of one snapshot, and how far the copies in it are. An unknown question has none. */
export interface LogIns<Question, Found> {
  readonly epochs: Epochs;
  readonly found: (question: Question) => Found | null;
}

export const LOG_IN_STORE = Symbol('LogInStore');

/**
 * What a log-in of a user or service ID reads: all that it is decided by, of many log-ins, in one statement. Not bound to an
 * account where the question isn't: whoever asks compares the answer's. Reads the primary.
 */
export interface LogInStore {
  users(asked: readonly UserQuestion[]): Promise<LogIns<UserQuestion, UserLogIn>>;
  services(asked: readonly ApiKeyQuestion[]): Promise<LogIns<ApiKeyQuestion, ServiceLogIn>>;
}
