import { DockerClient, pullManifest, pushImage, sampleImage, sharedPlatform, type Login } from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const berth = sharedPlatform();
const { management } = berth;
const image = sampleImage('scoped permissions');
const [app, tools, other] = ['scoped/app', 'scoped/tools', 'scoped/other'];
const line = (repository: string, action: string) => `repositories/${repository}/${action}`;

beforeAll(async () => {
  const admin = new DockerClient(berth.origin, berth.admin);
  for (const repository of [app, tools, other]) await pushImage(admin, repository, { tag: 'v1', image });
});

const clientOf = (login: Login) => new DockerClient(berth.origin, login);
const pulls = async (login: Login, repository: string) =>
  (await pullManifest(clientOf(login), repository, 'v1')).status === 200;
const pushes = (login: Login, repository: string) =>
  pushImage(clientOf(login), repository, { tag: 'v2', image }).then(
    () => true,
    () => false,
  );

describe('repository-scoped permissions', () => {
  it('S0-05 S0-06 S0-07 open one repository to an outside organisation by a name and a password alone', async () => {
    const partner = await management.createToken('partner-org', [line(app, 'content/read')]);
    expect([await pulls(partner, app), await pulls(partner, tools)]).toEqual([true, false]);
    expect(await pulls({ ...partner, password: `${partner.password}x` }, app)).toBe(false);
  });

  it('S0-09 S0-12 hold actions on one repository or several, each its own, and on none not at all', async () => {
    const lines = [line(app, 'content/read'), line(app, 'content/write'), line(tools, 'content/read')];
    const several = await management.createToken('several-repositories', lines);
    expect(await Promise.all([app, tools, other].map((each) => pulls(several, each)))).toEqual([true, true, false]);
    expect([await pushes(several, app), await pushes(several, tools)]).toEqual([true, false]);
    const none = await management.call('PUT', '/registries/local/scope-maps/of-nothing', { actions: [] });
    expect(none.status).toBe(400);
  });

  it('S1-01 give each device a credential of its own, which ends alone', async () => {
    const [one, two] = await Promise.all(
      ['scoped-device-1', 'scoped-device-2'].map((name) => management.createToken(name, [line(app, 'content/read')])),
    );
    if (one === undefined || two === undefined) throw new Error('no devices');
    expect([await pulls(one, app), await pulls(two, app)]).toEqual([true, true]);
    await management.do('DELETE', '/registries/local/tokens/scoped-device-1');
    expect([await pulls(one, app), await pulls(two, app)]).toEqual([false, true]);
  });
});

describe('limits of the preview that are lifted', () => {
  it('S0-08-lifted a token may be backed by a user or a service ID: it gives what both give', async () => {
    const password = 'a pass phrase for the backing';
    const { id: user } = await management.do<{ id: string }>('POST', '/users', { name: 'backing-user', password });
    const { id: service } = await management.do<{ id: string }>('POST', '/service-ids', { name: 'backing-service' });
    for (const [kind, owner] of [
      ['user', `user:${user}`],
      ['service', `service:${service}`],
    ] as const) {
      const scope = `/registries/local/repositories/${app}`;
      await management.do('POST', '/role-assignments', { principal: owner, role: 'AcrPull', scope });
      const name = `backed-by-${kind}`;
      await management.do('PUT', `/registries/local/scope-maps/${name}`, {
        actions: [line(app, 'content/read'), line(tools, 'content/read')],
      });
      await management.do('PUT', `/registries/local/tokens/${name}`, { scopeMap: name, objectId: owner });
      const issued = await management.do<{ password: string }>('POST', `/registries/local/tokens/${name}/passwords`, {
        slot: 1,
      });
      const login = { username: name, password: issued.password };
      await expect.poll(() => pulls(login, app), { timeout: 2_000 }).toBe(true);
      expect(await pulls(login, tools)).toBe(false);
    }
  });

  it('S1-03-lifted every plan has them', async () => {
    for (const plan of ['basic', 'standard', 'premium']) {
      const registry = `plan${plan}`;
      await management.do('PUT', `/registries/${registry}`, { plan });
      await management.do('PUT', `/registries/${registry}/scope-maps/any-map`, {
        actions: [line(app, 'content/read')],
      });
      const made = await management.call('PUT', `/registries/${registry}/tokens/any-token`, { scopeMap: 'any-map' });
      expect(made.status).toBe(201);
    }
  });

  it('S1-04-lifted S1-05-lifted S1-06-lifted a token lists tags and repositories, as far as its metadata rights go', async () => {
    const lines = [line(app, 'content/read'), line(app, 'metadata/read'), line(tools, 'metadata/read')];
    const client = clientOf(await management.createToken('scoped-lister', lines));
    const tags = await client.request(`/v2/${app}/tags/list`, `repository:${app}:metadata_read`);
    expect([tags.status, await tags.json()]).toMatchObject([200, { name: app, tags: expect.arrayContaining(['v1']) }]);
    const refused = await client.request(`/v2/${other}/tags/list`, `repository:${other}:metadata_read`);
    expect(refused.status).toBe(401);
    const catalog = await client.request('/v2/_catalog', 'registry:catalog:*');
    expect([catalog.status, await catalog.json()]).toEqual([200, { repositories: [app, tools] }]);
  });
});
