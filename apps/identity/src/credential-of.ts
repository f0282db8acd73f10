import { principalRef, type PrincipalAlone } from '@berth/policy-engine';
import type { TokenCredential } from './credential.js';
import type { ProvenDevice } from './device-authentication.js';
import type { ServiceLogIn, UserLogIn } from './log-in.js';
import type { ProvenCredential } from './proven-credential.js';
import type { TokenPassword } from './repository-token.js';
import type { TokenCertificate } from './token-certificate.js';

/** The fleet's version stands for all that a device is decided from; the minimum of each can rise alone. */
export function credentialOfDevice({ fleet, deviceId, keyId }: ProvenDevice): ProvenCredential {
  const { id, account, name, scopeMapId, version } = fleet;
  const ref = principalRef('device', `${id}/${deviceId}`);
  return {
    principal: { ref, account, groups: [], scopeMapId },
    name: `${name}/${deviceId}`,
    slot: null,
    apiKeyId: null,
    versions: { [`fleet:${id}`]: version, [`fleet-key:${id}/${keyId}`]: version, [ref]: version },
    endsAtMs: null,
    renewableVersion: null,
  };
}

export function credentialOfToken(token: TokenCredential, password: TokenPassword): ProvenCredential {
  const { slot, version, expiresAtMs } = password;
  return {
    ...ofToken(token, { [`slot:${token.id}/${slot}`]: version }),
    slot,
    endsAtMs: earlier(token.expiresAtMs, expiresAtMs),
    renewableVersion: version,
  };
}

/** No refresh token: whoever has the certificate proves it again each time. */
export function credentialOfCertificate(token: TokenCredential, certificate: TokenCertificate): ProvenCredential {
  const { slot, version, notAfterMs } = certificate;
  return {
    ...ofToken(token, { [`certificate:${token.id}/${slot}`]: version }),
    slot: null,
    endsAtMs: earlier(token.expiresAtMs, notAfterMs),
    renewableVersion: null,
  };
}

export function credentialOfUser({ user, groups }: UserLogIn): ProvenCredential {
  const { id, account, name, version, passwordVersion, isImported } = user;
  const ref = principalRef('user', id);
  return {
    principal: { ref, account, groups, scopeMapId: null, isImported },
    name,
    slot: null,
    apiKeyId: null,
    versions: { [ref]: version },
    endsAtMs: null,
    renewableVersion: passwordVersion,
  };
}

export function credentialOfService({ service, key, groups }: ServiceLogIn): ProvenCredential {
  const { id, account, name, version } = service;
  const ref = principalRef('service', id);
  return {
    principal: { ref, account, groups, scopeMapId: null },
    name,
    slot: null,
    apiKeyId: key.id,
    versions: { [ref]: version, [`api-key:${key.id}`]: key.version },
    endsAtMs: key.expiresAtMs,
    renewableVersion: key.version,
  };
}

/** With an owner, the token rests upon the owner's version too: what is taken from the owner is taken from it. */
function ofToken(token: TokenCredential, proof: Readonly<Record<string, number>>) {
  const { id, account, name, scopeMapId, ownerNow } = token;
  const ref = principalRef('token', id);
  const owner = ownerNow === null ? {} : { owner: ownerOf(token, ownerNow) };
  const ofOwner = ownerNow === null ? {} : { [ownerNow.ref]: ownerNow.version };
  return {
    principal: { ref, account, groups: [], scopeMapId, ...owner },
    name,
    apiKeyId: null,
    versions: { [ref]: token.version, ...proof, ...ofOwner },
  };
}

function ownerOf(
  { account }: TokenCredential,
  { ref, groups, isImported }: NonNullable<TokenCredential['ownerNow']>,
): PrincipalAlone {
  return { ref, account, groups, scopeMapId: null, isImported };
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
