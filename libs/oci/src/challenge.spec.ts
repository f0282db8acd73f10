import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatChallenge } from './challenge.js';
import { ociCodes, ociError } from './oci-error.js';

const origin = { realm: 'https://registry.example.com/oauth2/token', service: 'registry.example.com' };

describe('formatChallenge', () => {
  it('names realm and service', () => {
    expect(formatChallenge(origin)).toBe(
      'Bearer realm="https://registry.example.com/oauth2/token",service="registry.example.com"',
    );
  });

  it('adds the needed scope and the error', () => {
    const value = formatChallenge({
      ...origin,
      scope: 'repository:team/app:pull,push',
      error: 'insufficient_scope',
      errorDescription: 'needs "push"',
    });

    expect(value).toBe(
      'Bearer realm="https://registry.example.com/oauth2/token",service="registry.example.com"' +
        ',scope="repository:team/app:pull,push",error="insufficient_scope",error_description="needs \\"push\\""',
    );
  });

  it('C6 keeps a hostile scope inside its quotes', () => {
    const value = formatChallenge({ ...origin, scope: 'a",error="x\r\nSet-Cookie: a=b\\' });

    expect(value).toContain(',scope="a\\",error=\\"x??Set-Cookie: a=b\\\\"');
  });

  it('C6 is one well-formed header whatever the values are', () => {
    const wellFormed = /^Bearer \w+="(?:[^"\\]|\\.)*"(?:,\w+="(?:[^"\\]|\\.)*"){2}$/;
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', '\\', '\n', ',') }),
    );
    fc.assert(
      fc.property(anything, anything, (service, scope) => {
        const value = formatChallenge({ realm: origin.realm, service, scope });

        expect(value).toMatch(wellFormed);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe('ociError', () => {
  it('lists exactly the codes of the specification, each under its own name', () => {
    expect(Object.keys(ociCodes).sort()).toEqual([
      'BLOB_UNKNOWN',
      'BLOB_UPLOAD_INVALID',
      'BLOB_UPLOAD_UNKNOWN',
      'DENIED',
      'DIGEST_INVALID',
      'MANIFEST_BLOB_UNKNOWN',
      'MANIFEST_INVALID',
      'MANIFEST_UNKNOWN',
      'NAME_INVALID',
      'NAME_UNKNOWN',
      'SIZE_INVALID',
      'TOOMANYREQUESTS',
      'UNAUTHORIZED',
      'UNSUPPORTED',
    ]);
    for (const [name, { code }] of Object.entries(ociCodes)) expect(code).toBe(name);
  });

  it('says what docker users search for when access is denied', () => {
    expect(ociError({ code: 'DENIED' })).toMatchObject({
      kind: 'denied',
      code: 'DENIED',
      message: 'requested access to the resource is denied',
    });
  });

  it('takes another kind, message, detail and cause', () => {
    const cause = new Error('below');
    const error = ociError({ code: 'DENIED', kind: 'unauthenticated', message: 'no', detail: { a: 1 }, cause });

    expect(error).toMatchObject({ kind: 'unauthenticated', code: 'DENIED', message: 'no', detail: { a: 1 }, cause });
  });
});
