import type { Action } from '@berth/access';
import { DockerClient, pushImage, sampleImage, sharedPlatform, waitFor } from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { createHolder, operationsOn, places, type Holder } from './role-operations.suite.js';

const berth = sharedPlatform();
const image = sampleImage('what roles may do');
const owners = ['Owner', 'Contributor'];
const readers = [...owners, 'Reader'];
const pullers = [...readers, 'AcrPush', 'AcrPull'];
const roles = [
  ...[...pullers, 'AcrDelete', 'AcrImageSigner', 'AcrQuarantineReader', 'AcrQuarantineWriter'],
  ...['service:Reader', 'service:Writer', 'service:Reader+Writer', 'service:Manager', 'service:Administrator'],
];
const [lookers, writers] = [
  ['service:Reader', 'service:Reader+Writer', 'service:Manager'],
  ['service:Writer', 'service:Reader+Writer', 'service:Manager'],
];

/** Who may, by the tables of the role documents. */
const allowed: Partial<Record<Action, readonly string[]>> = {
  'content/read': [...pullers, ...lookers, 'service:Writer'],
  'content/write': [...owners, 'AcrPush', ...writers],
  'content/delete': [...owners, 'AcrDelete', ...writers],
  'metadata/read': [...pullers, ...lookers],
  'catalog/list': [...pullers, ...lookers],
  'registries/read': readers,
  'registries/write': owners,
  'plan/write': [...owners, 'service:Manager'],
  'policies/write': owners,
  'quota/read': [...readers, ...lookers, 'service:Writer'],
  'quota/write': [...owners, 'service:Manager'],
  'quarantine/write': ['AcrQuarantineWriter'],
  'namespaces/list': [...readers, ...lookers],
  'namespaces/write': [...owners, 'service:Manager'],
  'scopeMaps/read': readers,
  'scopeMaps/write': owners,
  'scopeMaps/delete': owners,
  'tokens/read': readers,
  'tokens/write': owners,
  'fleets/read': readers,
  'users/read': readers,
  'serviceIds/read': [...readers, 'service:Administrator'],
  'serviceIds/write': [...owners, 'service:Administrator'],
  'groups/write': owners,
  'roleAssignments/read': [...readers, 'service:Administrator'],
  'roleDefinitions/write': ['Owner', 'service:Administrator'],
  'accessPolicies/read': [...readers, 'service:Administrator'],
  'audit/read': readers,
};

const holders: Holder[] = [];

beforeAll(async () => {
  const { management, origin, admin } = berth;
  await pushImage(new DockerClient(origin, admin), places.repository, { tag: places.tag, image });
  await management.do('PUT', `/registries/${places.registry}`, {});
  await management.do('PUT', `/registries/${places.registry}/scope-maps/pullers`, {
    actions: ['repositories/any/content/read'],
  });
  holders.push(...(await Promise.all(roles.map((role) => createHolder(berth, role)))));
  // What was given has reached the copies of all services once each of them lets in who may.
  for (const { action, isDoneBy } of operationsOn(image)) {
    if (!['content/read', 'serviceIds/read', 'audit/read'].includes(action)) continue;
    for (const holder of holders.filter(({ role }) => allowed[action]?.includes(role))) {
      const done = async () => ((await isDoneBy(holder)) ? true : null);
      await waitFor(`${action} by ${holder.role}`, { withinMs: 10_000 }, done);
    }
  }
});

describe('each role, at one operation for each action', () => {
  it.each(operationsOn(image))('S2-25 $action by $name', async ({ action, isDoneBy }) => {
    const done: string[] = [];
    for (const holder of holders) if (await isDoneBy(holder)) done.push(holder.role);
    expect(done.sort()).toEqual([...(allowed[action] ?? [])].sort());
  });
});
