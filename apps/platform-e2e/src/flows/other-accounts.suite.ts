import { ManagementClient, waitFor, type ReachablePlatform } from '@berth/testing';

const password = 'a long pass phrase of nobody';

/** A registry's name, and that of each thing in it; values of the path's parameters by their names. */
export type PathValues = Readonly<Record<string, string>>;

/** An account beside `default` with one of everything in it, and its Owner. */
export interface RivalAccount {
  readonly owner: ManagementClient;
  /** What stands for a path's parameters: in the addresses that begin so, the longest first. */
  readonly things: readonly { readonly below: string; readonly values: PathValues }[];
}

/** An Owner in account `default`, of all of it or of one registry, who is no platform operator. */
export async function createOwner(
  { management, origin }: ReachablePlatform,
  name: string,
  scope: '/' | `/registries/${string}` = '/',
): Promise<ManagementClient> {
  const { id } = await management.do<{ id: string }>('POST', '/users', { name, password });
  await management.do('POST', '/role-assignments', { principal: `user:${id}`, role: 'Owner', scope });
  const path = scope === '/' ? '/service-ids' : (`${scope}/tokens` as const);
  return ownerWho(new ManagementClient(origin, { username: name, password }), path);
}

/** What an Owner was given reaches identity a moment later. */
async function ownerWho(owner: ManagementClient, path = '/service-ids'): Promise<ManagementClient> {
  await waitFor('an Owner to be one', { withinMs: 10_000 }, async () =>
    (await owner.call('GET', path)).status === 200 ? true : null,
  );
  return owner;
}

/** Makes the account, and as its Owner one of everything that has an address of its own. */
export async function createRival({ management, origin }: ReachablePlatform): Promise<RivalAccount> {
  const account = await management.do<{ id: string }>('POST', '/accounts', { name: 'rival' });
  const eve = await management.do<{ id: string }>('POST', '/users', { name: 'eve', password, account: account.id });
  await management.do('PUT', `/accounts/rival/owners/user:${eve.id}`);
  const owner = await ownerWho(new ManagementClient(origin, { username: 'rival/eve', password }));
  const made = async (path: string, body: unknown) => (await owner.do<{ id: string }>('POST', path, body)).id;
  const service = await made('/service-ids', { name: 'rival-ci' });
  const group = await made('/groups', { name: 'rival-team' });
  await owner.do('PUT', `/groups/${group}/members/service:${service}`);
  const principal = `service:${service}`;
  const target = { serviceName: 'container-registry' };
  return {
    owner,
    things: [
      ...(await createRegistry(owner)),
      { below: '/api/v1/accounts/{account}', values: { account: 'rival', owner: `user:${eve.id}` } },
      { below: '/api/v1/users/', values: { id: eve.id } },
      {
        below: '/api/v1/service-ids/',
        values: { id: service, key: await made(`/service-ids/${service}/api-keys`, { name: 'k' }) },
      },
      { below: '/api/v1/groups/', values: { id: group, member: principal } },
      {
        below: '/api/v1/role-definitions/',
        values: { role: await made('/role-definitions', importerRole) },
      },
      {
        below: '/api/v1/role-assignments/',
        values: { id: await made('/role-assignments', { principal, role: 'AcrPull', scope: '/' }) },
      },
      {
        below: '/api/v1/access-policies/',
        values: { id: await made('/access-policies', { subject: principal, roles: ['Reader'], target }) },
      },
      {
        below: '/api/v1/federations/',
        values: { id: await made('/federations', federation) },
      },
      { below: '/api/v1/enforcement/', values: { region: 'nowhere' } },
    ],
  };
}

async function createRegistry(owner: ManagementClient): Promise<RivalAccount['things']> {
  const registry = 'rivalregistry';
  const root = `/registries/${registry}`;
  await owner.do('PUT', root, {});
  await owner.do('PUT', `${root}/namespaces/rival`, {});
  await owner.do('PUT', `${root}/scope-maps/rival-map`, { actions: ['repositories/rival/app/content/read'] });
  await owner.do('PUT', `${root}/tokens/rival-token`, { scopeMap: 'rival-map' });
  await owner.do('POST', `${root}/tokens/rival-token/passwords`, { slot: 1 });
  await owner.do('PUT', `${root}/fleets/rival-fleet`, { scopeMap: 'rival-map' });
  const { id: key } = await owner.do<{ id: string }>('POST', `${root}/fleets/rival-fleet/keys`);
  await owner.do('PUT', `${root}/fleets/rival-fleet/denied/device-1`);
  const inRegistry = (part: string, values: PathValues) => ({
    below: `/api/v1/registries/{registry}/${part}`,
    values: { registry, ...values },
  });
  return [
    inRegistry('namespaces/', { name: 'rival' }),
    inRegistry('scope-maps/', { name: 'rival-map' }),
    inRegistry('tokens/', { name: 'rival-token', slot: '1' }),
    inRegistry('fleets/', { name: 'rival-fleet', key, device: 'device-1' }),
    inRegistry('repositories/', { name: 'rival%2Fapp', digest: `sha256:${'0'.repeat(64)}` }),
    { below: '/api/v1/registries/{registry}', values: { registry } },
  ];
}

const importerRole = {
  Name: 'Rival importer',
  Actions: ['Microsoft.ContainerRegistry/registries/importImage/action'],
  AssignableScopes: ['/'],
};

const federation = {
  name: 'rival-builds',
  issuer: 'https://issuer.example',
  subject: 'repo:rival/app:ref:refs/heads/main',
};
