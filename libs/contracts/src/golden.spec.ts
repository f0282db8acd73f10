import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { topics } from './topics.js';

const folder = join(import.meta.dirname, '../golden');
const golden = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const all = topics.map((topic) => ({ name: topic.name, topic }));

describe('published topics', () => {
  it.each(all)('$name is named <service>.<noun>-<past-verb>.v<N> after its producer', ({ name, topic }) => {
    expect(name).toMatch(/^(identity|policy|registry|audit)\.[a-z]+(-[a-z]+)*(ed)\.v[1-9]\d*$/);
    expect(name.split('.')[0]).toBe(topic.producer);
  });

  it.each(all)('$name still reads every record of its golden file, and gives it a key', ({ name, topic }) => {
    const records = z
      .array(z.unknown())
      .min(1)
      .parse(golden(`${name}.json`));
    for (const record of records) {
      expect(topic.schema.parse(record)).toEqual(record);
      // Each topic's key takes its own data, which the line above has checked.
      expect((topic.keyOf as (data: unknown) => string)(record)).not.toBe('');
    }
  });

  it.each(all)('$name has the schema that was published: a change of it is a new version', async ({ name, topic }) => {
    const schema = `${JSON.stringify(z.toJSONSchema(topic.schema), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(join(folder, `${name}.schema.json`));
  });

  it.each(all)(
    '$name refuses a field that nobody declared, so that no secret slips into an event',
    ({ name, topic }) => {
      const [record] = z
        .array(z.record(z.string(), z.unknown()))
        .min(1)
        .parse(golden(`${name}.json`));
      expect(topic.schema.safeParse({ ...record, password: 'x' }).success).toBe(false);
    },
  );

  it('keep their names apart', () => {
    expect(new Set(topics.map(({ name }) => name)).size).toBe(topics.length);
  });
});
