import { generateSecret } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, basic, loginServer, type IdentityReplica } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';

const service = ['service', loginServer] as const;
const pull = ['scope', 'repository:samples/hello-world:pull,push registry:catalog:*'] as const;
const grant = ['grant_type', 'password'] as const;

describe('POST /oauth2/token', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let password: string;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) =>
      policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
    );
    ({ identity } = place);
    await identity.manage('PUT', '/tokens/device-1', { scopeMap: 'readers' });
    password = (await identity.manage('POST', '/tokens/device-1/passwords', { slot: 1 })).json().password;
  });
  afterAll(() => place.stop());

  const form = (...more: (readonly [string, string])[]) =>
    [grant, service, ['client_id', 'spec'], ['username', 'device-1'], ['password', password], ...more] as const;
  const lastEntry = async () => (await identity.entries()).at(-1);

  it('answers exactly what Docker asks for: what the token opens, and no refresh token unasked', async () => {
    const answer = await identity.post(form(pull));
    const body = answer.json<Record<string, unknown>>();
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'issued_at', 'scope']);
    expect(body['scope']).toBe('repository:samples/hello-world:pull registry:catalog:*');
    const claims = identity.verifier().verifyAccess(String(body['access_token']), loginServer);
    expect(claims).toMatchObject({ name: 'device-1', slot: 1 });
    expect(await lastEntry()).toMatchObject({
      event: 'token-issued',
      actor: { name: 'device-1' },
      asked: `${pull[1]} grant_type=password`,
    });
  });

  it('B19 refuses every password that is not good alike, with 401 as GET does', async () => {
    const tries = [
      ['device-1', generateSecret('brt')],
      ['nobody', generateSecret('brt')],
      ['admin', 'wrong password'],
      ['nobody', 'wrong password'],
      ['with:colon', 'wrong password'],
      ['00000000-0000-0000-0000-000000000000', 'wrong password'],
      ['', ''],
    ] as const;
    const answers = new Set<string>();
    for (const [username, wrong] of tries) {
      const answer = await identity.post([grant, service, ['username', username], ['password', wrong]]);
      const { errors, ...body } = answer.json();
      answers.add(JSON.stringify([answer.statusCode, body, errors[0].code, answer.headers['www-authenticate']]));
      expect(await lastEntry()).toMatchObject({ event: 'token-refused', outcome: 'refused' });
    }
    const [only = '', ...others] = [...answers].filter((text) => !text.includes('invalid_grant'));
    expect(others).toEqual([]);
    expect(only).toContain('[401,');
  });

  it.each([
    ['another body than a form', 'application/json', '{"grant_type":"password"}', 'invalid_request'],
    ['no body', 'application/x-www-form-urlencoded', '', 'invalid_request'],
    ['B16 a service given twice', undefined, `service=a&service=${loginServer}`, 'invalid_request'],
    ['a scope given twice', undefined, 'scope=a&scope=b', 'invalid_request'],
    ['the same name in two spellings', undefined, 'scope=a&%73cope=b', 'invalid_request'],
    ['a name without a value', undefined, 'scope', 'invalid_request'],
    ['an empty name', undefined, '=x', 'invalid_request'],
    ['a broken escape', undefined, 'scope=%zz', 'invalid_request'],
    ['bytes that are not UTF-8', undefined, 'scope=%ff', 'invalid_request'],
    [
      'B15 a thousand parameters',
      undefined,
      Array.from({ length: 1000 }, (_, n) => `p${n}=1`).join('&'),
      'invalid_request',
    ],
    ['an unknown grant', undefined, `grant_type=authorization_code&service=${loginServer}`, 'unsupported_grant_type'],
    ['B16 another service', undefined, 'grant_type=password&service=other&username=a&password=b', 'invalid_request'],
    ['no password', undefined, `grant_type=password&service=${loginServer}&username=a`, 'invalid_request'],
    [
      'two credentials',
      undefined,
      `grant_type=password&service=${loginServer}&username=a&password=b&refresh_token=c`,
      'invalid_request',
    ],
    [
      'B13 a malformed scope',
      undefined,
      `grant_type=password&service=${loginServer}&username=a&password=b&scope=:::`,
      'invalid_scope',
    ],
  ])('refuses %s with 400', async (_what, type = 'application/x-www-form-urlencoded', payload, error) => {
    const headers = { 'content-type': type };
    const answer = await identity.app.inject({ method: 'POST', url: '/oauth2/token', headers, payload });
    expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([400, error]);
  });

  it('B15 reads no form longer than 64 KiB', async () => {
    const answer = await identity.post(form(['scope', `repository:${'a'.repeat(1_000_000)}:pull`]));
    expect(answer.statusCode).toBe(413);
  });

  it('takes no credential from Authorization beside the one in the form, nor a parameter from the address', async () => {
    const url = `/oauth2/token?service=${encodeURIComponent(loginServer)}&grant_type=password&username=a&password=b`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const inAddress = await identity.app.inject({ method: 'POST', url, headers, payload: 'scope=' });
    expect(inAddress.statusCode).toBe(400);
    const payload = new URLSearchParams(form().map(([name, value]): [string, string] => [name, value])).toString();
    const both = await identity.app.inject({
      method: 'POST',
      url: '/oauth2/token',
      headers: { ...headers, authorization: basic(`device-1:${password}`) },
      payload,
    });
    expect([both.statusCode, (await lastEntry())?.reason]).toEqual([400, 'invalid_request']);
  });

  it('answers a user too, and 405 is what other methods get', async () => {
    const answer = await identity.post([grant, service, ['username', 'admin'], ['password', adminPassword], pull]);
    expect(answer.json()).toMatchObject({ scope: expect.stringContaining('pull,push,metadata_read') });
  });

  it('B26 writes no password of a form anywhere', async () => {
    const bytes = (await identity.spoolBytes()).toString('latin1') + identity.logged();
    expect([password, adminPassword, 'wrong password'].filter((secret) => bytes.includes(secret))).toEqual([]);
  });

  it('B23 publishes where it is found, by configuration and never by the Host of the request', async () => {
    const url = '/.well-known/openid-configuration';
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'javascript' };
    const answer = await identity.app.inject({ url, headers });
    expect(answer.body).not.toContain('evil');
    expect(answer.json()).toMatchObject({
      issuer: 'http://localhost:5000',
      token_endpoint: 'http://localhost:5000/oauth2/token',
      jwks_uri: 'http://localhost:5000/.well-known/jwks.json',
      grant_types_supported: ['password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    });
  });
});
