import type { ContentPoliciesDefinition } from '@berth/contracts';
import { parseRepositoryName, parseTag } from '@berth/oci';
import { describe, expect, it } from 'vitest';
import { ContentRules } from './content-rules.js';

const registryId = '01900000-0000-7000-8000-000000000002';
const name = parseRepositoryName('team/app');
const address = { registryId, name };

const nothing: ContentPoliciesDefinition = {
  kind: 'content-policies',
  id: registryId,
  account: '01900000-0000-7000-8000-000000000001',
  version: 1,
  status: 'active',
  changedAt: '2026-11-01T00:00:00.000Z',
  registryId,
  quarantine: { isOn: false, releaseAfterHours: null },
  immutability: [],
  quota: { storageBytes: null, namespaces: [] },
};

function rules(more: Partial<ContentPoliciesDefinition> | 'unreadable' | null): ContentRules {
  const known = more === null || more === 'unreadable' ? more : { ...nothing, ...more };
  return new ContentRules({ contentPoliciesOf: () => known });
}

describe('what people decided about contents', () => {
  it.each([null, {}])('is nothing at first: %j', (none) => {
    expect(rules(none).quarantineIn(registryId)).toBeNull();
    expect(rules(none).isWrittenOnce(address, parseTag('v1'))).toBe(false);
    expect(rules(none).storageLimitsOf(address)).toEqual([]);
  });

  it('is not guessed when it cannot be read', () => {
    const unread = rules('unreadable');
    const refused = expect.objectContaining({ kind: 'unavailable' });
    expect(() => unread.quarantineIn(registryId)).toThrow(refused);
    expect(() => unread.isWrittenOnce(address, parseTag('v1'))).toThrow(refused);
    expect(() => unread.storageLimitsOf(address)).toThrow(refused);
  });

  it('closes what is pushed, for ever or for some hours', () => {
    const closed = (releaseAfterHours: number | null) => rules({ quarantine: { isOn: true, releaseAfterHours } });
    expect(closed(null).quarantineIn(registryId)).toEqual({ releaseAfterMs: null });
    expect(closed(2).quarantineIn(registryId)).toEqual({ releaseAfterMs: 7_200_000 });
  });

  it.each([
    ['team/*', 'v*', [], true],
    ['team/app', 'v1', [], true],
    ['*', '*', [], true],
    ['*', '*', ['v1'], false],
    ['*', '*', ['v*'], false],
    ['team', 'v1', [], false],
    ['team-evil/*', 'v1', [], false],
    ['team/*', 'w*', [], false],
    ['not//a pattern', 'v1', [], true],
  ])('writes tags once: repositories %s, tags %s, except %j: %s', (repositories, tags, except, isOnce) => {
    const written = rules({ immutability: [{ repositories, tags, except }] });
    expect(written.isWrittenOnce(address, parseTag('v1'))).toBe(isOnce);
    if (isOnce) expect(written.writesOnceIn(address)).toBe(true);
  });

  it.each([
    ['team/*', true],
    ['other/*', false],
  ])('writes tags once in some repositories: %s, %s', (repositories, isIn) => {
    const written = rules({ immutability: [{ repositories, tags: 'w*', except: [] }] });
    expect(written.writesOnceIn(address)).toBe(isIn);
  });

  it('limits what the registry and the namespace hold', () => {
    const limited = rules({
      quota: {
        storageBytes: 100,
        namespaces: [
          { namespace: 'team', storageBytes: 10 },
          { namespace: 'team-evil', storageBytes: 1 },
        ],
      },
    });
    expect(limited.storageLimitsOf(address)).toEqual([
      { namespace: null, limitBytes: 100 },
      { namespace: 'team', limitBytes: 10 },
    ]);
    expect(limited.storageLimitsOf({ registryId, name: parseRepositoryName('other/app') })).toEqual([
      { namespace: null, limitBytes: 100 },
    ]);
  });
});
