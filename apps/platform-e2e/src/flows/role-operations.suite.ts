import type { Action } from '@berth/access';
import { DockerClient, ManagementClient, pullManifest, pushImage } from '@berth/testing';
import type { Login, ReachablePlatform, SampleImage } from '@berth/testing';

/** Whoever holds exactly what its name says, and nothing else. */
export interface Holder {
  /** A role of assignments, or the roles of access policies joined by `+`, after `service:`. */
  readonly role: string;
  readonly management: ManagementClient;
  readonly client: DockerClient;
}

/** Something that a caller can do over HTTP, which needs one action. */
export interface Operation {
  readonly action: Action;
  readonly name: string;
  /** Tries it; false = refused. */
  readonly isDoneBy: (holder: Holder) => Promise<boolean>;
}

/** Where the operations happen. */
export const places = { registry: 'roleoperations', repository: 'role-operations/app', tag: 'v1' } as const;

/** A service ID with the role on the whole account. */
export async function createHolder({ management, origin }: ReachablePlatform, role: string): Promise<Holder> {
  const name = `holds-${role.replaceAll(/[^A-Za-z]+/g, '-').toLowerCase()}`;
  const { id } = await management.do<{ id: string }>('POST', '/service-ids', { name });
  const { apiKey } = await management.do<{ apiKey: string }>('POST', `/service-ids/${id}/api-keys`, {});
  const principal = `service:${id}`;
  const [first = '', ...others] = role.split(/[:+]/);
  if (first === 'service') {
    const target = { serviceName: 'container-registry' };
    await management.do('POST', '/access-policies', { subject: principal, roles: others, target });
  } else await management.do('POST', '/role-assignments', { principal, role, scope: '/' });
  const login: Login = { username: name, password: apiKey };
  return { role, management: new ManagementClient(origin, login), client: new DockerClient(origin, login) };
}

/** One representative operation for each action that something can be done with by itself. */
export function operationsOn(image: SampleImage): readonly Operation[] {
  return [...onContent(image), ...onRegistry(), ...onAccount()];
}

function onContent(image: SampleImage): Operation[] {
  const { repository, tag } = places;
  return [
    {
      action: 'content/read',
      name: 'pull of a manifest',
      isDoneBy: async ({ client }) => (await pullManifest(client, repository, tag)).status === 200,
    },
    {
      action: 'content/write',
      name: 'push of an image',
      isDoneBy: ({ client }) =>
        pushImage(client, repository, { tag: 'pushed', image }).then(
          () => true,
          () => false,
        ),
    },
    {
      action: 'content/delete',
      name: 'delete of a manifest that is not there',
      isDoneBy: async ({ client }) => {
        const path = `/v2/${repository}/manifests/sha256:${'0'.repeat(64)}`;
        return (await client.request(path, `repository:${repository}:delete`, { method: 'DELETE' })).status === 404;
      },
    },
    {
      action: 'metadata/read',
      name: 'list of tags',
      isDoneBy: async ({ client }) => {
        const answer = await client.request(`/v2/${repository}/tags/list`, `repository:${repository}:metadata_read`);
        return answer.status === 200;
      },
    },
    {
      action: 'catalog/list',
      name: 'list of repositories',
      // Whoever may see nothing gets an empty list.
      isDoneBy: async ({ client }) => {
        const answer = await client.request('/v2/_catalog', 'registry:catalog:*');
        return (await answer.text()).includes(`"${repository}"`);
      },
    },
    call(
      'quarantine/write',
      'PATCH',
      `/registries/local/repositories/${encodeURIComponent(repository)}/manifests/${image.manifestDigest}`,
      () => ({ quarantineState: 'Passed' }),
    ),
  ];
}

function onRegistry(): Operation[] {
  const root = `/registries/${places.registry}`;
  const namespace = `${root}/namespaces/made`;
  return [
    call('registries/read', 'GET', root),
    call('registries/write', 'PATCH', root, () => ({ region: null })),
    call('plan/write', 'PATCH', root, () => ({ plan: 'standard' })),
    call('policies/write', 'PUT', `${root}/policies/anonymous-access`, () => ({ repositories: [] })),
    call('quota/read', 'GET', `${root}/quota`),
    call('quota/write', 'PUT', `${root}/quota`, () => ({ storageBytes: null })),
    call('namespaces/list', 'GET', `${root}/namespaces`),
    call('namespaces/write', 'PUT', namespace, () => ({})),
    call('scopeMaps/read', 'GET', `${root}/scope-maps`),
    call('scopeMaps/write', 'PUT', `${root}/scope-maps/pullers`, () => ({
      actions: ['repositories/any/content/read'],
    })),
    call('scopeMaps/delete', 'DELETE', `${root}/scope-maps/never-there`),
    call('tokens/read', 'GET', `${root}/tokens`),
    call('tokens/write', 'PUT', `${root}/tokens/puller`, () => ({ scopeMap: 'pullers' })),
    call('fleets/read', 'GET', `${root}/fleets`),
  ];
}

function onAccount(): Operation[] {
  let made = 0;
  const named = (name: string) => () => ({ name: `${name}-${(made += 1)}` });
  return [
    call('users/read', 'GET', '/users'),
    call('serviceIds/read', 'GET', '/service-ids'),
    call('serviceIds/write', 'POST', '/service-ids', named('made')),
    call('groups/write', 'POST', '/groups', named('made')),
    call('roleAssignments/read', 'GET', '/role-assignments'),
    call('roleDefinitions/write', 'POST', '/role-definitions', () => ({
      Name: `Made ${(made += 1)}`,
      Actions: ['Microsoft.ContainerRegistry/registries/pull/read'],
      AssignableScopes: ['/'],
    })),
    call('accessPolicies/read', 'GET', '/access-policies'),
    call('audit/read', 'GET', '/audit/entries?limit=1'),
  ];
}

/** Allowed is whatever isn't refused: what comes of it is shown elsewhere. */
function call(action: Action, method: string, path: string, body: () => unknown = () => undefined): Operation {
  return {
    ...{ action, name: `${method} ${path}` },
    isDoneBy: async ({ management }) => (await management.call(method, path, body())).status !== 403,
  };
}
