import { installation, type RoleAssignmentDefinition } from '@berth/contracts';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import {
  adminPassword,
  IdentityReplica,
  loginServer,
  migrateIdentity,
  StoppedClock,
  type Method,
} from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';

const admin = `admin:${adminPassword}`;

/** What every definition that a spec makes has. */
export const active = { status: 'active', changedAt: '2026-01-01T00:00:00.000Z' } as const;

/** One identity process with a policy and a database of its own, and what specs ask of it again and again. */
export class IdentityPlace {
  private constructor(
    readonly identity: IdentityReplica,
    readonly policy: PolicyStandIn,
    readonly clock: StoppedClock,
    private readonly database: TestDatabase,
  ) {}

  /**
   * @param prepare decides what is there before identity starts
   * @param environment what differs from the environment of `identity-1`
   */
  static async start(
    prepare: (policy: PolicyStandIn) => void = () => undefined,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<IdentityPlace> {
    const database = await createTestDatabase();
    const policy = await PolicyStandIn.start();
    prepare(policy);
    const clock = new StoppedClock();
    const databaseUrl = await migrateIdentity(database);
    const identity = await IdentityReplica.start({ databaseUrl, policy, clock, environment });
    return new IdentityPlace(identity, policy, clock, database);
  }

  async stop(): Promise<void> {
    await this.identity.stop();
    await this.policy.stop();
    await this.database.drop();
  }

  /** A call of the management API as `admin`. */
  call(method: Method, path: string, body?: object) {
    return this.identity.callAs(admin, [method, path], body);
  }

  /** Policy gives a role in the whole of an account, and identity has read of it. */
  async give(
    principal: string,
    role: string,
    account: string = installation.accountId,
  ): Promise<Omit<RoleAssignmentDefinition, 'version'>> {
    const place = { id: uuidv7(), account, scope: { kind: 'account' } } as const;
    const given = { kind: 'role-assignment', principal, role, ...place, ...active } as const;
    this.policy.set<RoleAssignmentDefinition>(given);
    await this.identity.follow();
    return given;
  }

  /** `GET /oauth2/token` for these scopes. */
  ask(credential: string, scopes: readonly string[], more: readonly (readonly [string, string])[] = []) {
    const asked = scopes.map((scope) => ['scope', scope] as const);
    return this.identity.askForToken([['service', loginServer], ...asked, ...more], credential);
  }

  /** The claims of the access token that a credential gets. */
  async claimsOf(credential: string, ...scopes: string[]) {
    const answer = await this.ask(credential, scopes);
    expect(answer.statusCode, answer.body).toBe(200);
    return this.identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
  }

  /** For what a token with these claims is refused; null = it is good. */
  async refusedBy({ ver, iat }: { readonly ver: Record<string, number>; readonly iat: number }) {
    return (await this.identity.accessState()).refusedBy(ver, iat);
  }
}
