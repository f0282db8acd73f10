import { installation, type RoleAssignmentDefinition } from '@berth/contracts';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { loginServer, type IdentityReplica, type Method, type StoppedClock } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';
import { StandInIssuer } from './issuer.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

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
    private readonly place: IdentityPlace,
    readonly issuer: StandInIssuer,
  ) {}

  static async start(): Promise<WorkloadPlace> {
    const place = await IdentityPlace.start(() => undefined, { BERTH_EGRESS_ALLOW: '127.0.0.0/8' });
    return new WorkloadPlace(place, await StandInIssuer.start(place.clock));
  }

  get identity(): IdentityReplica {
    return this.place.identity;
  }

  get policy(): PolicyStandIn {
    return this.place.policy;
  }

  get clock(): StoppedClock {
    return this.place.clock;
  }

  async stop(): Promise<void> {
    await this.place.stop();
    await this.issuer.stop();
  }

  /** A call of the management API of federations as `admin`. */
  manage(method: Method, path: string, body?: object) {
    return this.place.call(method, `/federations${path}`, body);
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
    this.policy.set<RoleAssignmentDefinition>({
      ...{ kind: 'role-assignment', id: uuidv7(), account, principal, role, ...active },
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
