import { hash, randomBytes, randomUUID } from 'node:crypto';
import { OciRepository, sharedPlatform, type Login, type OciAnswer, type ReachablePlatform } from '@berth/testing';
import { expect } from 'vitest';

/** What a token needs for everything that the specification has. */
const allActions = ['content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write'];

/** A registry, seen only through HTTP, and a token of a scope map that opens `conformance/*` in it. */
export class RegistryUnderTest {
  private constructor(
    private readonly berth: ReachablePlatform,
    private readonly login: Login,
  ) {}

  static async start(): Promise<RegistryUnderTest> {
    const berth = sharedPlatform();
    const actions = allActions.map((action) => `repositories/conformance/*/${action}`);
    return new RegistryUnderTest(berth, await berth.management.createToken('conformance', actions));
  }

  /** A repository of its own for each test, so that none sees what another left behind. */
  repository(name = `conformance/${randomUUID()}`): OciRepository {
    return new OciRepository(this.berth.origin, name, this.login);
  }

  /** A client of a repository whose token opens only what is listed, below `conformance/`. */
  async repositoryWith(name: string, lines: readonly string[]): Promise<OciRepository> {
    const login = await this.berth.management.createToken(`token-${randomUUID()}`, lines);
    return new OciRepository(this.berth.origin, name, login);
  }

  /** A request without any credential. */
  async anonymous(method: string, path: string): Promise<OciAnswer> {
    const answer = await fetch(`${this.berth.origin}${path}`, { method });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  }
}

/** How a group of tests comes to the registry: it is started before the first of them. */
export type Registry = () => RegistryUnderTest;

/** Every error code that there is. @source OCI distribution-spec 1.1 "Error Codes" */
const errorCodes = [
  ...['BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN', 'DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN'],
  ...['MANIFEST_INVALID', 'MANIFEST_UNKNOWN', 'NAME_INVALID', 'NAME_UNKNOWN', 'SIZE_INVALID', 'UNAUTHORIZED'],
  ...['DENIED', 'UNSUPPORTED', 'TOOMANYREQUESTS'],
];

/** That an answer is one of these statuses; a refusal with a body has the form and a code of the specification. */
export function expectStatus({ status, headers, bytes }: OciAnswer, ...allowed: readonly number[]): void {
  expect(allowed, status < 400 ? undefined : bytes.toString('utf8').slice(0, 500)).toContain(status);
  if (status < 400 || bytes.length === 0) return;
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  for (const { code } of jsonOf<{ errors: { code: string }[] }>({ bytes }).errors) expect(errorCodes).toContain(code);
}

/** The code of the first error. */
export function codeOf(answer: OciAnswer): string | undefined {
  return jsonOf<{ errors: { code: string }[] }>(answer).errors[0]?.code;
}

/** The body as JSON of a shape that the test goes on to check. */
export function jsonOf<T>({ bytes }: Pick<OciAnswer, 'bytes'>): T {
  return JSON.parse(bytes.toString('utf8')) as T;
}

/** A header that must be there. */
export function headerOf({ headers }: OciAnswer, name: string): string {
  const value = headers.get(name);
  if (value === null) throw new Error(`no header ${name} in the answer`);
  return value;
}

/** Content that nobody else pushed. */
export function uniqueBytes(size = 512): Buffer {
  return randomBytes(size);
}

/** The digest algorithms that the specification names. */
export const algorithms = ['sha256', 'sha512'] as const;

export type Algorithm = (typeof algorithms)[number];

/** Computed here, not by the registry's own code. @source OCI image-spec 1.1 "Digests" */
export function digestOf(bytes: Uint8Array, algorithm: Algorithm = 'sha256'): string {
  return `${algorithm}:${hash(algorithm, bytes, 'hex')}`;
}
