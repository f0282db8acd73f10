import { loginServers } from '@berth/config';
import { installation, type RegistryDefinition } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { RegistryDirectory } from './registry-directory.js';

const local: RegistryDefinition = {
  ...{ kind: 'registry', id: installation.registryId, account: installation.accountId, version: 1, status: 'active' },
  ...{ changedAt: '2026-01-01T00:00:00.000Z', name: 'local', region: null, resourceGroup: null, plan: 'standard' },
};

function directory(defaultRegistry: string | null, held: readonly RegistryDefinition[] = [local]): RegistryDirectory {
  const names = { loginServers: loginServers.parse('local=localhost:5000,ci=ci.example.com'), defaultRegistry };
  return new RegistryDirectory(names, {
    registryByName: (name) => held.find((each) => each.name === name) ?? null,
    isDeleted: (name) => name === 'ci',
  });
}

describe('RegistryDirectory', () => {
  it('finds a registry by exactly its login server, whatever the case of the host', () => {
    const found = { id: installation.registryId, account: installation.accountId, loginServer: 'localhost:5000' };
    expect(directory(null).registryOf('localhost:5000')).toEqual(found);
    expect(directory(null).registryOf('LocalHost:5000')).toEqual(found);
  });

  it.each([undefined, '', 'localhost', 'localhost:5001', 'evil.example.com', 'localhost:5000.evil'])(
    'says that %s is misdirected without a default registry',
    (host) => {
      expect(() => directory(null).registryOf(host)).toThrow(expect.objectContaining({ code: 'misdirected' }));
    },
  );

  it('B23 names the configured login server for a host that it does not know', () => {
    expect(directory('local').registryOf('evil.example.com').loginServer).toBe('localhost:5000');
  });

  it('can not tell anything while the definition is missing', () => {
    expect(() => directory('local', []).registryOf('localhost:5000')).toThrow(
      expect.objectContaining({ kind: 'unavailable' }),
    );
  });

  it('says that the login server of a deleted registry is misdirected', () => {
    expect(() => directory(null).registryOf('ci.example.com')).toThrow(
      expect.objectContaining({ code: 'misdirected' }),
    );
  });
});
