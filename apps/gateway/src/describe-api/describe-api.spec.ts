import { AppError } from '@berth/errors';
import { describe, expect, it } from 'vitest';
import { DescribeApi, type DescribedService } from './describe-api.js';

let now = 0;

function service(name: string, paths: Record<string, unknown>): DescribedService & { asked: number } {
  const known = {
    name,
    asked: 0,
    client: {
      getJson: async <Answer>(path: string, { schema }: { schema: { parse(value: unknown): Answer } }) => {
        expect(path).toBe('/internal/openapi');
        known.asked += 1;
        return schema.parse({ paths });
      },
    },
  };
  return known;
}

describe('the description of the API', () => {
  it('holds the routes of all services, each with the name of its own, also where they share an address', async () => {
    const policy = service('policy', { '/api/v1/registries/{r}': { get: { operationId: 'getRegistry' } } });
    const registry = service('registry', { '/api/v1/registries/{r}': { put: { operationId: 'x' } }, '/a': {} });
    const document = await new DescribeApi([policy, registry], () => now).execute();
    expect(document).toMatchObject({
      openapi: '3.1.0',
      paths: {
        '/a': {},
        '/api/v1/registries/{r}': {
          get: { operationId: 'getRegistry', tags: ['policy'] },
          put: { operationId: 'x', tags: ['registry'] },
        },
      },
    });
  });

  it('asks again after a minute, not for each reader', async () => {
    const policy = service('policy', {});
    const api = new DescribeApi([policy], () => now);
    await api.execute();
    await api.execute();
    expect(policy.asked).toBe(1);
    now += 60_000;
    await api.execute();
    expect(policy.asked).toBe(2);
  });

  it('is not answered in part while a service is away', async () => {
    const away = {
      name: 'audit',
      client: { getJson: () => Promise.reject(new AppError({ kind: 'unavailable', message: 'audit is away' })) },
    };
    const policy = service('policy', {});
    const api = new DescribeApi([policy, away], () => now);
    const readers = [api.execute(), api.execute()];
    for (const reading of readers) await expect(reading).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(api.execute()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(policy.asked).toBe(1);
    now += 2_000;
    await expect(api.execute()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(policy.asked).toBe(2);
  });
});
