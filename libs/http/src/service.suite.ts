import { installation, managementAudience, type ManagementClaims } from '@berth/contracts';
import { createLogger, Metrics } from '@berth/telemetry';
import { generateSigningKey, publicKeyOf, TokenSigner, TokenVerifier } from '@berth/tokens';
import { Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { trustedProxies } from './client-address.js';
import { createService, type ServiceOptions } from './create-service.js';
import { SERVICE_SURFACE, type ReadinessCheck, type ServiceSurface } from './service-surface.js';

export const nowSeconds = 1_800_000_000;
const issuer = 'http://localhost:5000';
const pair = generateSigningKey();
export const signer = new TokenSigner(pair);

export const claims: ManagementClaims = {
  iss: issuer,
  sub: `user:${installation.adminUserId}`,
  name: 'admin',
  acct: installation.accountId,
  iat: nowSeconds,
  nbf: nowSeconds,
  exp: nowSeconds + 60,
  jti: '01900000-0000-7000-8000-00000000ef02',
  ver: { [`user:${installation.adminUserId}`]: 1 },
  aud: managementAudience,
  groups: ['group:ops'],
  operator: true,
};

/** A service with real parts and a log that the spec can read. */
export class SpecService {
  readonly lines: string[] = [];
  readonly internalKeys = ['key-one-'.repeat(8), 'key-two-'.repeat(8)];
  checks: ReadinessCheck[] = [{ name: 'postgres', isReady: true }];
  refused: string | null = null;

  readonly surface: ServiceSurface = {
    logger: createLogger({
      service: 'spec',
      instance: 'spec-1',
      destination: { write: (line: string) => void this.lines.push(line) },
    }),
    metrics: new Metrics('spec', 'spec-1'),
    trusted: { internalKeys: this.internalKeys, proxies: trustedProxies(['10.0.0.0/8']) },
    readiness: () => this.checks,
    managementTokens: {
      verify: (compact) => this.verifier.verifyManagement(compact),
      refusedBy: () => this.refused,
    },
  };
  private readonly verifier = new TokenVerifier({
    keyOf: (kid) =>
      kid === pair.kid ? { publicKey: publicKeyOf(pair.publicJwk), alg: 'ES256', revoked: false } : null,
    issuer,
    clock: () => nowSeconds * 1000,
  });

  async start(controllers: Type[], options: Partial<ServiceOptions> & { surface?: Partial<ServiceSurface> } = {}) {
    const { surface, ...rest } = options;
    return createService({ module: this.moduleOf(controllers, surface), bodies: 'json', ...rest });
  }

  moduleOf(controllers: Type[], surface: Partial<ServiceSurface> = {}, base: 'whole' | 'bare' = 'whole'): Type {
    const whole = { ...this.surface, metrics: new Metrics('spec', 'spec-1') };
    const useValue = base === 'whole' ? { ...whole, ...surface } : surface;
    @Module({ controllers, providers: [{ provide: SERVICE_SURFACE, useValue }] })
    class SpecModule {}
    return SpecModule;
  }
}

/** Waits for a promise that must fail, and gives its error. */
export async function failureOf(promise: Promise<NestFastifyApplication>): Promise<Error> {
  try {
    await (await promise).close();
  } catch (e) {
    if (e instanceof Error) return e;
  }
  throw new Error('it did not fail');
}
