import { definitionChanged, definitionKey, type Definition } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { scopeMap, uuidOf } from './state-copy.suite.js';
import { TopicCopy, whole } from './topic-copy.js';

describe('states of a topic in memory', () => {
  it('are replaced by newer ones only, whichever way two readings of the table overlap', () => {
    const seen: number[] = [];
    const topic = new TopicCopy<Definition, Definition>(definitionChanged, whole, {
      onApplied: ({ version }) => seen.push(version),
    });
    const key = definitionKey(scopeMap(1, 1));
    const read = [7, 5, 7, 9, 8].map((version) => topic.read(key, scopeMap(1, version)));
    for (const state of read) state.apply();
    expect(seen).toEqual([7, 9]);
    expect(topic.get(key)?.version).toBe(9);
    expect(topic.versionOf(key)).toBe(9);
    expect(topic.versionOf(`scope-map:${uuidOf(2)}`)).toBe(0);
  });
});
