import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  addressList,
  brokerList,
  hostList,
  httpUrl,
  listenAddress,
  originUrl,
  postgresUrl,
  urlList,
} from './addresses.js';
import { loginServers } from './login-servers.js';
import { filePath, instanceName, seconds, wholeNumber } from './values.js';

function table(
  name: string,
  piece: z.ZodType,
  cases: { right: readonly (readonly [string, unknown])[]; wrong: readonly string[] },
) {
  describe(name, () => {
    it.each(cases.right)('reads %j', (text, value) => expect(piece.parse(text)).toEqual(value));
    it.each(cases.wrong)('refuses %j', (text) => expect(piece.safeParse(text).success).toBe(false));
  });
}

table('listenAddress', listenAddress, {
  right: [
    ['127.0.0.1:5000', { host: '127.0.0.1', port: 5000 }],
    [' 0.0.0.0:0 ', { host: '0.0.0.0', port: 0 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ],
  wrong: [
    '5000',
    ':5000',
    'localhost',
    'localhost:',
    'localhost:65536',
    'localhost:x',
    '::1:5000',
    '[x]:1',
    'a b:1',
    'http://a:1',
  ],
});

table('brokerList', brokerList, {
  right: [['a:9092, b:9093', ['a:9092', 'b:9093']]],
  wrong: ['a', 'a:9092,', ',', 'a:0'],
});

table('hostList', hostList, {
  right: [
    ['', []],
    ['10.1.0.0/16, fc00::/7, idp.internal, localhost', ['10.1.0.0/16', 'fc00::/7', 'idp.internal', 'localhost']],
  ],
  wrong: ['10.1.0.0/33', 'a b', 'https://idp.internal', '-a', 'a..b', 'idp.internal:8443', '0x7f000001', '127.1', 'a,'],
});

table('originUrl', originUrl, {
  right: [
    ['http://localhost:5000', 'http://localhost:5000'],
    ['https://Registry.Example.com/', 'https://registry.example.com'],
  ],
  wrong: [
    'localhost:5000',
    'ftp://a',
    'http://a/path',
    'http://a?x',
    'http://a#x',
    'http://u:p@a',
    'javascript:alert(1)',
  ],
});

table('httpUrl', httpUrl, {
  right: [['http://localhost:5000/oauth2/token', 'http://localhost:5000/oauth2/token']],
  wrong: ['/oauth2/token', 'http://a/#x', 'http://u@a/x'],
});

table('urlList', urlList, {
  right: [['http://a:1,http://b:2/', ['http://a:1', 'http://b:2']]],
  wrong: ['http://a:1,', 'a:1'],
});

table('postgresUrl', postgresUrl, {
  right: [['postgres://berth:secret@127.0.0.1:5432/berth', 'postgres://berth:secret@127.0.0.1:5432/berth']],
  wrong: ['mysql://a:b@c/d', 'postgres://127.0.0.1/berth', 'postgres://berth@127.0.0.1', 'berth'],
});

table('addressList', addressList, {
  right: [['10.0.0.1, 10.1.0.0/16,::1,fd00::/8', ['10.0.0.1', '10.1.0.0/16', '::1', 'fd00::/8']]],
  wrong: ['10.0.0', '10.0.0.1/33', '10.0.0.1/8/8', 'proxy.example.com', '10.0.0.1/'],
});

table('seconds', seconds, {
  right: [
    ['0', 0],
    ['86400', 86_400],
  ],
  wrong: ['-1', '1.5', '1e3', 'x', ' ', '99999999999999999999'],
});

table('wholeNumber', wholeNumber({ least: 2, most: 4, unit: 'things' }), {
  right: [
    ['2', 2],
    ['4', 4],
  ],
  wrong: ['1', '5'],
});

table('instanceName', instanceName, {
  right: [['identity-1', 'identity-1']],
  wrong: ['../x', '-x', '.x', 'a b', 'a'.repeat(65)],
});

table('filePath', filePath, { right: [['/a/../b', '/b']], wrong: [' '] });

describe('loginServers', () => {
  it('reads names and login servers both ways', () => {
    const { byRegistry, byLoginServer } = loginServers.parse('local=localhost:5000, CI=ci.Example.com,v6=[::1]:5000');
    expect([...byRegistry]).toEqual([
      ['local', 'localhost:5000'],
      ['ci', 'ci.example.com'],
      ['v6', '[::1]:5000'],
    ]);
    expect(byLoginServer.get('ci.example.com')).toBe('ci');
  });

  it.each([
    '',
    'local',
    'local=',
    '=localhost',
    'a=x:1,a=y:1',
    'a=x:1,b=x:1',
    'a=x:1,b=X:1',
    'a=http://x',
    'a=x/y',
    'a=x=y',
    'a b=x',
  ])('refuses %j', (text) => expect(loginServers.safeParse(text).success).toBe(false));
});
