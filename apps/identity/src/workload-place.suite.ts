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
import { StandInIssuer } from './issuer.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';

const jwt = 'urn:ietf:params:oauth:token-type:jwt';

/** A rule as it is answered. */
export interface Federation {
  readonly id: string;
  readonly name: string;
  readonly principal: string;
}

/** An identity, and an issuer whose tokens workloads come with. */
export class WorkloadPlace {
  private names = 0;

  private constructor(
    readonly identity: IdentityReplica,
    readonly policy: PolicyStandIn,
    readonly issuer: StandInIssuer,
    readonly clock: StoppedClock,
    private readonly database: TestDatabase,
  ) {}

  static async start(): Promise<WorkloadPlace> {
    const clock = new StoppedClock();
    const database = await createTestDatabase();
    const policy = await PolicyStandIn.start();
    const issuer = await StandInIssuer.start(clock);
    const databaseUrl = await migrateIdentity(database);
    const environment = { BERTH_EGRESS_ALLOW: '127.0.0.0/8' };
    const identity = await IdentityReplica.start({ databaseUrl, policy, clock, environment });
    return new WorkloadPlace(identity, policy, issuer, clock, database);
  }

  async stop(): Promise<void> {
    await this.identity.stop();
    await this.issuer.stop();
    await this.policy.stop();
    await this.database.drop();
  }

  /** A call of the management API of federations as `admin`. */
  manage(method: Method, path: string, body?: object) {
    return this.identity.callAs(`admin:${adminPassword}`, [method, `/federations${path}`], body);
  }

  async trust(rule: object): Promise<Federation> {
    const name = `rule-${(this.names += 1)}`;
    const answer = await this.manage('POST', '', { name, issuer: this.issuer.url, ...rule });
    expect(answer.statusCode, answer.body).toBe(201);
    return answer.json<Federation>();
  }

  /** Gives a workload a role in registry `local`. */
  async give(principal: string, role = 'AcrPull'): Promise<void> {
    const { accountId: account, registryId } = installation;
    const changedAt = '2026-01-01T00:00:00.000Z';
    this.policy.set<RoleAssignmentDefinition>({
      ...{ kind: 'role-assignment', id: uuidv7(), account, status: 'active', changedAt, principal, role },
      scope: { kind: 'registry', registryId },
    });
    await this.identity.follow();
  }

  exchange(token: string, more: readonly (readonly [string, string])[] = []) {
    return this.identity.post([
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['service', loginServer],
      ['scope', 'repository:samples/hello-world:pull'],
      ['subject_token', token],
      ...(more.some(([name]) => name === 'subject_token_type') ? [] : [['subject_token_type', jwt] as const]),
      ...more,
    ]);
  }

  claimsOf(answer: Awaited<ReturnType<WorkloadPlace['exchange']>>) {
    const { access_token: token } = answer.json<{ access_token: string }>();
    return this.identity.verifier().verifyAccess(token, loginServer);
  }

  async lastEntry() {
    return (await this.identity.entries()).at(-1);
  }

  async expectRefused(token: string, reason: string): Promise<void> {
    const answer = await this.exchange(token);
    expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([400, 'invalid_request']);
    expect(await this.lastEntry()).toMatchObject({ event: 'token-refused', reason });
  }
}
