/**
 * A fleet pulls: each device has a credential of its own, meets the challenge, logs in, pulls the manifest by tag and its
 * layer by digest, and checks what it got. One iteration is one device, once.
 */
import { check, fail } from 'k6';
import crypto from 'k6/crypto';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { pushImage, type PushedImage } from './image.ts';
import { basic, Management, type Device } from './management.ts';
import { profileNamed } from './profiles.ts';

const profile = profileNamed(__ENV['PROFILE'] ?? 'smoke');
const origin = __ENV['ORIGIN'] ?? '';
const registry = __ENV['REGISTRY'] ?? origin;
const identity = __ENV['IDENTITY'] ?? origin;
const adminPassword = __ENV['ADMIN_PASSWORD'] ?? '';
const loginServer = __ENV['LOGIN_SERVER'] ?? '';

const cycleMs = new Trend('device_cycle_ms', true);
/** Devices that have pulled; an arrival rate may start an iteration more than there are devices. */
const devicesDone = new Counter('devices_done');

export const options = {
  scenarios: {
    fleet: {
      executor: 'constant-arrival-rate',
      rate: profile.devicesPerSecond,
      timeUnit: '1s',
      duration: `${Math.ceil(profile.devices / profile.devicesPerSecond)}s`,
      preAllocatedVUs: 50,
      maxVUs: 500,
    },
  },
  thresholds: profile.thresholds,
  summaryTrendStats: ['avg', 'p(50)', 'p(95)', 'p(99)', 'max'],
  setupTimeout: '300s',
};

interface Fleet {
  readonly image: PushedImage;
  readonly devices: Device[];
}

export function setup(): Fleet {
  const image = pushImage(registry, adminPassword, loginServer);
  const management = new Management(origin, adminPassword);
  management.putScopeMap('fleet-read', [`repositories/${image.repository}/content/read`]);
  return { image, devices: management.createDevices(profile.devices, 'fleet-read') };
}

export default function devicePulls({ image, devices }: Fleet): void {
  const device = devices[exec.scenario.iterationInTest];
  if (device === undefined) return;
  const startedAt = Date.now();
  const manifestUrl = `${registry}/v2/${image.repository}/manifests/${image.tag}`;
  const authorization = `Bearer ${logIn(device, challengedScope(manifestUrl))}`;
  const accept = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = http.get(manifestUrl, { headers: { authorization, accept }, tags: { name: 'manifest' } });
  const layer = http.get(`${registry}/v2/${image.repository}/blobs/${image.blobDigest}`, {
    headers: { authorization },
    tags: { name: 'blob' },
    responseType: 'binary',
  });
  check(manifest, {
    'manifest: 200': ({ status }) => status === 200,
    'manifest: its bytes have the digest': ({ body }) => digestOf(body) === image.manifestDigest,
  });
  check(layer, {
    'blob: 200': ({ status }) => status === 200,
    'blob: its bytes have the digest': ({ body }) => digestOf(body) === image.blobDigest,
  });
  cycleMs.add(Date.now() - startedAt);
  devicesDone.add(1);
}

/** The scope that the registry's challenge asks for. */
function challengedScope(url: string): string {
  const answer = http.get(url, { tags: { name: 'challenge' }, responseCallback: http.expectedStatuses(401) });
  check(answer, { 'challenge: 401': ({ status }) => status === 401 });
  const scope = /scope="([^"]+)"/.exec(answer.headers['Www-Authenticate'] ?? '')?.[1];
  return scope ?? fail(`no scope in the challenge: ${answer.headers['Www-Authenticate'] ?? 'none'}`);
}

function logIn({ name, password }: Device, scope: string): string {
  const answer = http.get(`${identity}/oauth2/token?service=${loginServer}&scope=${encodeURIComponent(scope)}`, {
    headers: { authorization: basic(name, password) },
    tags: { name: 'token' },
  });
  check(answer, { 'token: 200': ({ status }) => status === 200 });
  return String(answer.json('token'));
}

function digestOf(body: string | ArrayBuffer | null): string {
  return body === null ? '' : `sha256:${crypto.sha256(body, 'hex')}`;
}
