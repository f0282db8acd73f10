import { randomUUID } from 'node:crypto';
import { installation, type EnforcementDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnforcementStore } from './enforcement.js';
import { Grants, somebody } from './grants.suite.js';
import { recordOf } from './identity-stand-in.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

const mandatoryFrom = '2199-01-01T00:00:00.000Z';
let policy: PolicyUnderTest;
let grants: Grants;

/** The account as an import of a legacy one leaves it: enforcement is off in two regions. */
beforeAll(async () => {
  policy = await startPolicy({ BERTH_ENFORCEMENT_MANDATORY_FROM: '2199-01-01T00:00:00Z' });
  grants = new Grants(policy);
  await policy.app.get(Database).transaction(async (tx) => {
    for (const region of ['eu-de', 'us-south']) {
      const off: EnforcementDefinition = {
        kind: 'enforcement',
        id: randomUUID(),
        account: installation.accountId,
        version: 1,
        status: 'active',
        changedAt: '2026-01-01T00:00:00.000Z',
        region,
        isEnforced: false,
      };
      await policy.app.get(EnforcementStore).insert(tx, off);
    }
  });
});

afterAll(async () => {
  await policy.stop();
});

const imported = () => somebody('user', { imported: true });
const switchOn = (region: string, token?: string, enforced = true) =>
  grants.call('PUT', `/enforcement/${region}`, { body: { enforced }, ...(token === undefined ? {} : { token }) });

describe('enforcement', () => {
  it('S4-07 is shown for each region', async () => {
    expect(await grants.call('GET', '/enforcement')).toMatchObject({
      status: 200,
      json: {
        mandatoryFrom,
        regions: [
          { region: 'eu-de', enforced: false, switchedOn: false },
          { region: 'us-south', enforced: false, switchedOn: false },
        ],
      },
    });
  });

  it('S4-07 while it is off, who-can names the users of the import, as decisions do', async () => {
    await grants.call('PUT', '/registries/oldOne', { body: { region: 'us-south' } });
    const old = recordOf(`user:${randomUUID()}`, { imported: true, name: 'old' });
    policy.identity.principals.push(old);
    policy.identity.imported.set(installation.accountId, [old.ref]);
    const asked = { action: 'pull', registry: 'oldOne', repository: 'team/app' };
    const found = async (more: object = {}) => {
      const { json } = await grants.call('POST', '/decisions:who-can', { body: { ...asked, ...more } });
      return (json['items'] as { holder: string; by: string }[]).find(({ holder }) => holder === old.ref);
    };
    const by = (await found())?.by;
    expect(await found()).toMatchObject({ name: 'old', by: expect.stringMatching(/^enforcement:/), via: null });
    expect([await found({ registry: 'local' }), await found({ action: 'users/write' })]).toEqual([
      undefined,
      undefined,
    ]);
    const body = { requests: [{ principal: old.ref, ...asked }] };
    const { json } = await grants.call('POST', '/decisions', { body });
    expect(json).toMatchObject({ decisions: [{ effect: 'allow', by }] });
  });

  it('S4-07 while it is off, an imported user needs no policy there, and gives no access to others', async () => {
    const { token } = imported();
    const { json } = await grants.call('GET', '/enforcement', { token });
    expect(json['regions']).toHaveLength(2);
    expect((await grants.assign('user:1', 'AcrPull', '/', { token })).status).toBe(403);
    const target = { serviceName: 'container-registry', region: 'eu-de' };
    const body = { subject: 'user:1', roles: ['Reader'], target };
    expect((await grants.call('POST', '/access-policies', { token, body })).status).toBe(403);
  });

  it('S4-03 nobody else holds anything by it', async () => {
    for (const each of [
      somebody(),
      somebody('service', { imported: true }),
      somebody('workload', { imported: true }),
    ]) {
      expect((await grants.call('GET', '/enforcement', { token: each.token })).status).toBe(403);
      expect((await switchOn('eu-de', each.token)).status).toBe(403);
    }
  });

  it('S4-M08 S4-OP03 is switched on by region, by an imported user too, which is marked in the audit log', async () => {
    const { token } = imported();
    const on = await switchOn('eu-de', token);
    expect(on).toMatchObject({ status: 200, json: { region: 'eu-de', enforced: true, switchedOn: true } });
    const { json } = await grants.call('GET', '/enforcement', { token });
    expect(json['regions']).toMatchObject([{ region: 'us-south' }]);
    expect((await switchOn('eu-de', token)).status).toBe(403);
    const rows = await policy.app
      .get(Database)
      .query<{ id: string }>(`select id from enforcement where region = 'eu-de'`);
    const key = `enforcement:${String(rows[0]?.id)}`;
    expect(await grants.told('definition-changed', key)).toMatchObject([{ region: 'eu-de', isEnforced: true }]);
    expect(await grants.told('change-recorded', key)).toMatchObject([
      { event: 'updated', action: 'enforcement/write', decidedBy: [{ ref: key }] },
    ]);
    expect((await switchOn('eu-de')).status).toBe(200);
    expect(await grants.told('definition-changed', key)).toHaveLength(1);
  });

  it('S4-07 once on stays on', async () => {
    await switchOn('eu-de');
    expect(await switchOn('eu-de', undefined, false)).toMatchObject({
      status: 409,
      json: { code: 'enforcement-stays-on' },
    });
    expect((await switchOn('us-south', undefined, false)).json).toMatchObject({ enforced: false });
  });

  it('S4-OP03 needs auth.set in the region: a Manager of another one is refused', async () => {
    const { ref, token } = somebody();
    const target = { serviceName: 'container-registry', region: 'jp-tok' };
    await grants.call('POST', '/access-policies', { body: { subject: ref, roles: ['Manager'], target } });
    expect((await switchOn('us-south', token)).status).toBe(403);
    expect((await switchOn('jp-tok', token)).json).toMatchObject({ region: 'jp-tok', enforced: true });
    const reader = somebody();
    const body = { subject: reader.ref, roles: ['Reader', 'Writer'], target: { serviceName: 'container-registry' } };
    await grants.call('POST', '/access-policies', { body });
    expect((await switchOn('us-south', reader.token)).status).toBe(403);
  });

  it.each([{}, { enforced: 'yes' }, { enforced: true, region: 'eu-de' }])('D16 refuses %j', async (body) => {
    expect((await grants.call('PUT', '/enforcement/eu-de', { body })).status).toBe(400);
  });

  it('D15 of another account is neither seen nor switched, and was never off there', async () => {
    const { token } = await grants.stranger();
    expect((await grants.call('GET', '/enforcement', { token })).json).toMatchObject({ regions: [] });
    expect((await switchOn('us-south', token)).json).toMatchObject({ enforced: true });
    expect((await switchOn('us-south', token, false)).status).toBe(409);
    const { json } = await grants.call('GET', '/enforcement');
    expect(json['regions']).toContainEqual({ region: 'us-south', enforced: false, switchedOn: false });
  });
});

describe('from the day on that makes it mandatory', () => {
  it('S4-02 C6 a region where it is off is enforced all the same', async () => {
    const late = await startPolicy();
    try {
      const tx = late.app.get(Database);
      await tx.query(
        `insert into enforcement (id, account, region, is_enforced, version, changed_at)
         values ($1, $2, 'eu-de', false, 1, now())`,
        [randomUUID(), installation.accountId],
      );
      const { json } = await late.call({ path: '/api/v1/enforcement' });
      expect(json).toEqual({
        mandatoryFrom: '2022-07-05T00:00:00.000Z',
        regions: [{ region: 'eu-de', enforced: true, switchedOn: false }],
      });
      const { token } = imported();
      expect((await late.call({ path: '/api/v1/enforcement', token })).status).toBe(403);
    } finally {
      await late.stop();
    }
  });
});
