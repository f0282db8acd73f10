import { parseAccessCondition, type AccessConditionRecord } from '@berth/access';
import { accessEntry } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { entriesOf, type HeldAction } from './access-entries.js';

const place = { repository: 'team/app', inc: 3 };
const entry = { type: 'repository', name: 'team/app', inc: 3 };
const by = { kind: 'scope-map', id: 'm', version: 1 } as const;

function held(name: string, ...when: AccessConditionRecord[]): HeldAction {
  return { name, allowed: { effect: 'allow', by, basis: [by], when: when.map(parseAccessCondition) } };
}

describe('entriesOf', () => {
  it('says nothing of a repository on which nothing is held', () => {
    expect(entriesOf(place, [])).toEqual([]);
  });

  it('puts actions without conditions into one entry', () => {
    expect(entriesOf(place, [held('pull'), held('push')])).toEqual([{ ...entry, actions: ['pull', 'push'] }]);
  });

  it('puts actions that the same conditions bind into one entry, and others into one of their own', () => {
    const tags = { tags: ['v*'] };
    const network = { cidrs: ['10.0.0.0/8'] };
    expect(
      entriesOf(place, [held('pull'), held('push', tags, network), held('delete', tags), held('sign', tags, network)]),
    ).toEqual([
      { ...entry, actions: ['pull'] },
      { ...entry, actions: ['push', 'sign'], when: [tags, network] },
      { ...entry, actions: ['delete'], when: [tags] },
    ]);
  });

  it('says a condition as it may stand in a token, and the same', () => {
    const when: AccessConditionRecord = {
      ...{ tags: ['v*', 'edge'], cidrs: ['10.0.0.0/8', 'fc00::/7'] },
      ...{ notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2026-02-01T00:00:00.500Z', createOnly: true },
    };
    const [written] = entriesOf(place, [held('pull', when)]);
    expect(accessEntry.parse(written)).toEqual({ ...entry, actions: ['pull'], when: [when] });
  });
});
