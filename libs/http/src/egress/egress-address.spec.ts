import { describe, expect, it } from 'vitest';
import { egressAddress, mayConnect } from './egress-address.js';
import { EgressAllow } from './egress-allow.js';
import { isPublicAddress } from './public-address.js';

const nothing = new EgressAllow([]);

describe('egressAddress', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://169.254.169.254/',
    'https://127.0.0.1',
    'https://127.1',
    'https://0x7f000001',
    'https://2130706433',
    'https://0177.0.0.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://[64:ff9b::7f00:1]',
    'https://[2002:7f00:1::]',
    'https://[fe80::1]',
    'https://[fd00::1]',
    'https://10.0.0.1',
    'https://localhost',
    'https://localhost.',
    'https://LOCALHOST:8443/x',
    'https://a.localhost',
    'http://example.com',
    'file:///etc/passwd',
    'gopher://example.com',
    'ftp://example.com',
    'javascript:alert(1)',
    '//example.com',
    'https://user:password@example.com',
    'https://user@example.com',
    'https://example.com/#a',
    `https://example.com/${'a'.repeat(2048)}`,
    '',
  ])('H1 refuses %s', (address) => {
    expect(() => egressAddress(address, nothing)).toThrow(
      expect.objectContaining({ kind: 'malformed', code: 'address-not-allowed' }),
    );
  });

  it.each(['https://example.com', 'https://example.com:8443/a?b=c', 'https://1.1.1.1', 'https://[2606:4700::1]/'])(
    'takes %s',
    (address) => expect(egressAddress(address, nothing).protocol).toBe('https:'),
  );

  it('takes http and private addresses where the operator names them, and no others', () => {
    const allow = new EgressAllow(['10.1.0.0/16', 'IdP.internal']);
    expect(egressAddress('http://10.1.2.3:8080/', allow).port).toBe('8080');
    expect(egressAddress('http://idp.internal./', allow).protocol).toBe('http:');
    expect(() => egressAddress('https://10.2.0.1', allow)).toThrow('not on the public internet');
    expect(() => egressAddress('http://1.1.1.1', allow)).toThrow('https://');
    expect(() => egressAddress('http://other.internal', new EgressAllow(['idp.internal']))).toThrow('https://');
  });
});

describe('mayConnect', () => {
  it('lets https go to the public internet, and everything else only where the operator allows it', () => {
    const allow = new EgressAllow(['10.1.0.0/16', 'idp.internal']);
    const may = (url: string, address: string) => mayConnect(new URL(url), address, allow);
    expect([
      may('https://a.com', '1.1.1.1'),
      may('https://a.com', '10.1.0.1'),
      may('http://a.com', '10.1.0.1'),
    ]).toEqual([true, true, true]);
    expect([may('https://a.com', '10.2.0.1'), may('http://a.com', '1.1.1.1')]).toEqual([false, false]);
    expect([may('http://idp.internal', '192.168.0.1'), may('https://a.idp.internal', '192.168.0.1')]).toEqual([
      true,
      false,
    ]);
  });
});

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2a00::1', '2606:4700::1111'])('knows %s as public', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it.each(['0.0.0.0', '100.64.0.1', '172.31.255.255', '198.18.0.1', '255.255.255.255', '224.0.0.1', '::', '2001::1'])(
    'knows %s as special',
    (address) => expect(isPublicAddress(address)).toBe(false),
  );

  it.each(['', 'example.com', 'fe80::1%eth0', '1.2.3', '::ffff:8.8.8.8'])('takes %j for nothing public', (address) =>
    expect(isPublicAddress(address)).toBe(false),
  );
});
