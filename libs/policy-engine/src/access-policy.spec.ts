import { describe, expect, it } from 'vitest';
import { indexAccessPolicy } from './access-policy.js';
import type { AccessPolicyRecord, AccessPolicyTarget } from './access-policy.js';
import { parsePrincipalRef } from './principal.js';

const whole: AccessPolicyTarget = {
  serviceName: 'container-registry',
  serviceInstance: '',
  region: '',
  resourceType: null,
  resource: null,
  resourceGroup: null,
  isForAllServices: false,
};
const record: AccessPolicyRecord = {
  id: 'p',
  account: 'default',
  version: 1,
  status: 'active',
  subject: parsePrincipalRef('user:u'),
  roles: ['Reader'],
  target: whole,
};
const indexed = (target: Partial<AccessPolicyTarget>, more: Partial<AccessPolicyRecord> = {}) =>
  indexAccessPolicy({ ...record, ...more, target: { ...whole, ...target } });
const codes = (policy: ReturnType<typeof indexAccessPolicy>) => policy.warnings.map(({ code }) => code);

describe('indexAccessPolicy', () => {
  it('S4-09 takes an empty text for what is not said', () => {
    const { actions, reach, warnings } = indexed({});

    expect(reach).toEqual({ kind: 'service', region: null, namespace: null, resourceGroup: null });
    expect([actions.size > 0, warnings]).toEqual([true, []]);
  });

  it.each<[string, Partial<AccessPolicyTarget>]>([
    ['other-service', { serviceName: 'cloud-object-storage' }],
    ['other-service', { serviceName: '' }],
    ['service-instance', { serviceInstance: 'one' }],
    ['resource-type', { resourceType: 'bucket', resource: 'team' }],
    ['resource-without-type', { resource: 'team' }],
  ])('keeps a target that means nothing, and warns: %s', (code, target) => {
    const policy = indexed(target);

    expect([codes(policy), policy.actions.size]).toEqual([[code], 0]);
  });

  it.each([
    ['unsupported-role', 'Viewer'],
    ['unsupported-role', 'Editor'],
    ['unsupported-role', 'Operator'],
    ['unknown-role', 'reader'],
  ])('S4-14 S4-15 S4-16 warns %s about the role %s', (code, role) => {
    const policy = indexed({}, { roles: [role] });

    expect([codes(policy), policy.actions.size]).toEqual([[code], 0]);
  });

  it('S4-25 S4-26 warns that a narrowed policy configures nothing', () => {
    expect(codes(indexed({ resourceType: 'namespace', resource: 'team' }))).toEqual(['configure-needs-whole-service']);
    expect(codes(indexed({ resourceGroup: 'ci' }))).toEqual(['configure-needs-whole-service']);
    expect(codes(indexed({ resourceGroup: 'ci' }, { roles: ['Administrator'] }))).toEqual([]);
  });

  it('has users, service IDs and access groups as subjects, nobody else', () => {
    const of = (ref: string) => codes(indexed({}, { subject: parsePrincipalRef(ref) }));

    expect(['user:u', 'service:s', 'group:g'].flatMap(of)).toEqual([]);
    expect(['token:t', 'workload:w', 'anonymous:default'].flatMap(of)).toEqual(Array(3).fill('unsupported-subject'));
  });
});
