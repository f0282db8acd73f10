import { readSecretFile } from '@berth/config';
import type { Runtime } from '@berth/foundation';
import { EgressClient } from '@berth/http';
import type { Provider, Type } from '@nestjs/common';
import { BeginLogInController } from './begin-log-in/begin-log-in.controller.js';
import { BeginLogIn } from './begin-log-in/begin-log-in.js';
import type { IdentityConfig } from './config.js';
import { FederatedGroups } from './federated-groups.js';
import { FederatedLease } from './federated-lease.js';
import { FederatedPeople } from './federated-people.js';
import { FEDERATED_PERSON_STORE } from './federated-person.js';
import { FinishLogInController } from './finish-log-in/finish-log-in.controller.js';
import { FinishLogIn } from './finish-log-in/finish-log-in.js';
import { LogInDoor } from './finish-log-in/log-in-door.js';
import { IDENTITY_PROVIDER, IdentityProvider } from './identity-provider.js';
import { IssueSessionToken } from './issue-management-token/issue-session-token.js';
import { LogInAttempts } from './log-in-attempts.js';
import { LogOutController } from './log-out/log-out.controller.js';
import { SESSION_STORE } from './session.js';
import { Sessions } from './sessions.js';
import { PostgresFederatedPersonStore } from './storage/federated-person.store.js';
import { PostgresSessionStore } from './storage/session.store.js';

/** The part of the composition root for people in browsers. */
export const sessionControllers: readonly Type[] = [BeginLogInController, FinishLogInController, LogOutController];

/** @param masterKey seals what a browser keeps of a log-in under way */
export function sessionProviders({ config, clock }: Runtime<IdentityConfig>, masterKey: Buffer): readonly Provider[] {
  return [
    {
      provide: IDENTITY_PROVIDER,
      inject: [EgressClient],
      useFactory: (egress: EgressClient) => identityProvider(config, egress, clock),
    },
    { provide: LogInAttempts, useFactory: () => new LogInAttempts(masterKey, clock) },
    { provide: SESSION_STORE, useClass: PostgresSessionStore },
    { provide: FEDERATED_PERSON_STORE, useClass: PostgresFederatedPersonStore },
    Sessions,
    FederatedGroups,
    FederatedPeople,
    FederatedLease,
    LogInDoor,
    BeginLogIn,
    FinishLogIn,
    IssueSessionToken,
  ];
}

/** Null where none is configured: nobody logs in that way then. */
function identityProvider(config: IdentityConfig, egress: EgressClient, clock: () => number): IdentityProvider | null {
  const { BERTH_OIDC_ISSUER: issuer, BERTH_OIDC_CLIENT_ID: clientId } = config;
  if (issuer === undefined || clientId === undefined) return null;
  const secretFile = config.BERTH_OIDC_CLIENT_SECRET_FILE;
  return new IdentityProvider({
    issuer,
    clientId,
    clientSecret: secretFile === undefined ? null : readSecretFile(secretFile),
    groupsClaim: config.BERTH_OIDC_GROUPS_CLAIM ?? null,
    redirectUri: `${config.BERTH_PUBLIC_URL}/auth/callback`,
    egress,
    clock,
  });
}
