import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  basic,
  DockerClient,
  ManagementClient,
  pullManifest,
  pushImage,
  readKafkaRecords,
  sampleImage,
  startTestPlatform,
  waitFor,
  type Login,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCredentials, newSecret, UsedSecrets } from './used-secrets.suite.js';

const repository = 'secret/firmware';
const scope = `repository:${repository}:pull`;
const secrets = new UsedSecrets();
let berth: TestPlatform;

beforeAll(async () => {
  berth = await startTestPlatform({ env: { BERTH_LOG_LEVEL: 'debug' } });
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, {
    tag: 'v1',
    image: sampleImage('no secrets'),
  });
  await takeOwnSecrets();
  const logins = await makeCredentials(berth, secrets);
  for (const [what, login] of Object.entries(logins)) await use(what, login);
  await changeAndMint();
  await beRefused();
  await waitForLog();
});
afterAll(async () => berth?.stop());

/** What the installation itself keeps in private files. */
async function takeOwnSecrets(): Promise<void> {
  const read = (name: string) => readFile(join(berth.dataDir, name), 'utf8');
  secrets.add('internal key', (await read('internal-key')).trim());
  secrets.add('master key', (await read('master-key')).trim());
  const passwords = JSON.parse(await read('database-passwords.json')) as Record<string, string>;
  for (const [service, password] of Object.entries(passwords)) secrets.add(`database password of ${service}`, password);
}

/** Spools and outboxes keep their order: when the last thing that happened is in the log, the rest is. */
async function waitForLog(): Promise<void> {
  const last = await berth.management.createToken('last-token', [`repositories/${repository}/content/read`]);
  await use('last token', secrets.addLogin('last token', last));
  await waitFor('the last pull is in the audit log', { withinMs: 30_000, everyMs: 100 }, async () => {
    const { items } = await berth.management.entries({ actor: 'last-token' });
    const events = new Set(items.map(({ event }) => event));
    return events.has('pull') && events.has('token-issued') ? true : null;
  });
}

/** Pulls, and gets every token that there is for a credential; each is taken down. */
async function use(what: string, login: Login): Promise<void> {
  const client = new DockerClient(berth.origin, login);
  expect((await pullManifest(client, repository, 'v1')).status, what).toBe(200);
  secrets.add(`access token of ${what}`, client.tokenFor(scope) ?? '');
  const query = new URLSearchParams({ service: berth.loginServer, scope, offline_token: 'true' });
  const answer = await fetch(`${berth.origin}/oauth2/token?${query}`, { headers: { authorization: basic(login) } });
  const { token, refresh_token: refresh } = (await answer.json()) as { token: string; refresh_token?: string };
  secrets.add(`second access token of ${what}`, token);
  if (refresh !== undefined) await useRefreshToken(what, refresh);
  const { username, password } = login;
  const form = { grant_type: 'password', username, password, access_type: 'offline' };
  const granted = (await (await postForm(form)).json()) as { access_token: string };
  secrets.add(`access token by password of ${what}`, granted.access_token);
}

async function useRefreshToken(what: string, refresh: string): Promise<void> {
  secrets.add(`refresh token of ${what}`, refresh);
  const answer = await postForm({ grant_type: 'refresh_token', refresh_token: refresh });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  secrets.add(`access token by refresh token of ${what}`, token);
}

function postForm(form: Record<string, string>, path = '/oauth2/token'): Promise<Response> {
  const body = new URLSearchParams({ service: berth.loginServer, scope, client_id: 'spec', ...form });
  return fetch(`${berth.origin}${path}`, { method: 'POST', body });
}

/** A person changes their password and mints a token of their own. */
async function changeAndMint(): Promise<void> {
  const [first, second] = [newSecret(), newSecret()];
  await berth.management.do('POST', '/users', { name: 'grace', password: first });
  const { items } = await berth.management.do<{ items: { id: string; name: string }[] }>('GET', '/users');
  const principal = `user:${items.find(({ name }) => name === 'grace')?.id ?? ''}`;
  await berth.management.do('POST', '/role-assignments', { principal, role: 'AcrPull', scope: '/registries/local' });
  const before = secrets.addLogin('grace', { username: 'grace', password: first });
  const after = secrets.addLogin('grace, changed', { username: 'grace', password: second });
  const change = { current: before.password, password: after.password };
  await new ManagementClient(berth.origin, before).do('PUT', '/users/me/password', change);
  const repositories = [{ name: repository, actions: ['pull'] }];
  const wish = { registry: 'local', name: 'own-token', repositories };
  const own = await new ManagementClient(berth.origin, after).do<{ password: string }>(
    'POST',
    '/users/me/tokens',
    wish,
  );
  await use('personal token', secrets.addLogin('personal token', { username: 'own-token', password: own.password }));
}

/** Everything goes wrong once, as people and bad clients do it. */
async function beRefused(): Promise<void> {
  const typed = (what: string, login: Partial<Login>) =>
    secrets.addLogin(what, { username: 'admin', password: newSecret(), ...login });
  const wrong = [
    typed('wrong password', {}),
    typed('password typed as user name', { username: secrets.add('user name that is a password', newSecret()) }),
    typed('wrong token password', { username: 'secret-token', password: `brt_${newSecret()}` }),
    typed('wrong API key', { username: 'ci', password: `brk_${newSecret()}` }),
    typed('wrong device password', { username: 'meters/device-1', password: `brf_${newSecret()}_${newSecret()}` }),
  ];
  const query = new URLSearchParams({ service: berth.loginServer, scope });
  for (const login of wrong) {
    const headers = { authorization: basic(login) };
    const statuses = await Promise.all([
      fetch(`${berth.origin}/oauth2/token?${query}`, { headers }),
      fetch(`${berth.origin}/api/v1/users/me`, { headers }),
      fetch(`${berth.origin}/v2/${repository}/manifests/v1`, { headers }),
      postForm({ grant_type: 'password', ...login }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  }
  const leaked = secrets.add('password in an address', newSecret());
  await fetch(`${berth.origin}/oauth2/token?${query}&username=admin&password=${leaked}`);
  await fetch(`${berth.origin}/api/v1/users/me?password=${leaked}`);
  await fetch(`${berth.origin}/v2/?access_token=${leaked}`);
  const authorization = `Bearer ${secrets.add('made-up access token', newSecret())}`;
  for (const path of [`/v2/${repository}/manifests/v1`, '/api/v1/users']) {
    expect((await fetch(`${berth.origin}${path}`, { headers: { authorization } })).status).toBe(401);
  }
  const refresh = secrets.add('made-up refresh token', newSecret());
  for (const path of ['/oauth2/token', '/oauth2/exchange']) {
    expect((await postForm({ grant_type: 'refresh_token', refresh_token: refresh }, path)).status).not.toBe(200);
  }
  const invalid = { name: 'eve', password: secrets.add('password in a refused body', newSecret()), more: true };
  expect((await berth.management.call('POST', '/users', invalid)).status).toBe(400);
}

/** Every file below a folder, as text. */
async function filesIn(folder: string): Promise<{ place: string; text: string }[]> {
  const entries = await readdir(join(berth.dataDir, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(files.map(async (file) => ({ place: file, text: await readFile(file, 'latin1') })));
}

async function auditLog(): Promise<string> {
  const pages: string[] = [];
  for (let after = '0'; ;) {
    const page = await berth.management.entries({ limit: '1000', after });
    pages.push(JSON.stringify(page.items));
    if (page.next === null) return pages.join('\n');
    after = page.next;
  }
}

/** What was found where; and that the right things were searched, by a word that must be there. */
function expectClean(places: readonly { place: string; text: string }[], known: string): void {
  expect(places.flatMap(({ place, text }) => secrets.foundIn(text).map((what) => `${what} in ${place}`))).toEqual([]);
  expect(places.some(({ text }) => text.includes(known))).toBe(true);
}

describe('B25 no secret that was used, given or typed wrongly, is', () => {
  it('in any log, though every service logs what it does for debugging', async () => {
    expect(secrets.size).toBeGreaterThan(40);
    expectClean(await filesIn('logs'), 'a token request was refused');
  });

  it('in any record of Kafka', async () => {
    const records = await readKafkaRecords(berth.platform.endpoints.kafka);
    expectClean(
      records.map(({ topic, text }) => ({ place: topic, text })),
      'secret-token',
    );
  });

  it('in the audit log', async () => {
    expectClean([{ place: 'audit log', text: await auditLog() }], 'secret-token');
  });

  it('in the metrics of any service', async () => {
    const { origin, registry, identity, policy, audit } = berth.platform.endpoints;
    const metrics = [origin, registry, identity, policy, audit].map(async (url) => ({
      place: url,
      text: await (await fetch(`${url}/metrics`)).text(),
    }));
    expectClean(await Promise.all(metrics), 'berth_tokens_issued_total');
  });

  it('in what services have spooled, what Postgres keeps, and what says where everything is', async () => {
    expectClean(await filesIn('spool'), 'secret-token');
    expectClean(await filesIn('postgres'), 'secret-token');
    const endpoints = await readFile(join(berth.dataDir, 'endpoints.json'), 'utf8');
    expectClean([{ place: 'endpoints.json', text: endpoints }], berth.origin);
  });
});
