import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  isInstalled,
  runCommand,
  sampleImage,
  startTestPlatform,
  waitFor,
  writeOciLayout,
  type Login,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const denied = /requested access to the resource is denied/;
const skopeoMissing = !isInstalled('skopeo');
const craneMissing = !isInstalled('crane');

let berth: TestPlatform;
let folder: string;

beforeAll(async () => {
  berth = await startTestPlatform();
  folder = await mkdtemp(join(tmpdir(), 'berth-client-'));
  for (const name of ['hello-world', 'nginx']) {
    await writeOciLayout(join(folder, name), sampleImage(`samples/${name}`), 'v1');
  }
});
afterAll(async () => {
  await berth?.stop();
  await rm(folder, { recursive: true, force: true });
});

const at = (repository: string) => `docker://${berth.loginServer}/${repository}:v1`;

function skopeo(who: string, ...args: string[]) {
  return runCommand('skopeo', [...args, '--authfile', join(folder, `${who}.json`)]);
}

function logIn(who: string, { username, password }: Login) {
  const args = ['login', '--tls-verify=false', '--authfile', join(folder, `${who}.json`)];
  return runCommand('skopeo', [...args, '-u', username, '--password-stdin', berth.loginServer], password);
}

const push = (who: string, name: string) =>
  skopeo(who, 'copy', '--dest-tls-verify=false', `oci:${join(folder, name)}:v1`, at(`samples/${name}`));
const pull = (who: string, name: string) =>
  skopeo(who, 'copy', '--src-tls-verify=false', at(`samples/${name}`), `dir:${join(folder, `pulled-${who}-${name}`)}`);

describe.skipIf(skopeoMissing)('the walk-through with skopeo (needs skopeo)', () => {
  let mytoken: Login;

  it('S1-10 S1-11 admin logs in and pushes samples/hello-world:v1 and samples/nginx:v1', async () => {
    expect(await logIn('admin', berth.admin)).toMatchObject({ status: 0 });
    expect(await push('admin', 'hello-world')).toMatchObject({ status: 0 });
    expect(await push('admin', 'nginx')).toMatchObject({ status: 0 });
  });

  it('S1-12 a scope map is created on its own, before any token', async () => {
    const created = await berth.management.call('PUT', '/registries/local/scope-maps/hello-readers', {
      actions: ['repositories/samples/hello-world/content/read'],
    });
    expect(created.status).toBe(201);
    const read = await berth.management.do('GET', '/registries/local/scope-maps/hello-readers');
    expect(read).toMatchObject({ name: 'hello-readers', actions: ['repositories/samples/hello-world/content/read'] });
  });

  it('S1-13 at once a token takes that scope map and gets a password, shown once', async () => {
    const created = await berth.management.call('PUT', '/registries/local/tokens/mytoken', {
      scopeMap: 'hello-readers',
    });
    expect(created.status).toBe(201);
    const generated = await berth.management.do<{ password: string }>(
      'POST',
      '/registries/local/tokens/mytoken/passwords',
      { slot: 1 },
    );
    mytoken = { username: 'mytoken', password: generated.password };
    expect(mytoken.password).toMatch(/^brt_/);
    const read = await berth.management.call('GET', '/registries/local/tokens/mytoken');
    expect(JSON.stringify(read.body)).not.toContain(mytoken.password);
  });

  it('S1-14 S0-10 the token logs in by name and password; a wrong password does not', async () => {
    expect(await logIn('mytoken', mytoken)).toMatchObject({ status: 0 });
    const { password } = mytoken;
    const wrong = { ...mytoken, password: `${password.slice(0, -1)}${password.endsWith('x') ? 'y' : 'x'}` };
    expect((await logIn('wrong', wrong)).status).not.toBe(0);
  });

  it('S1-15 S0-02 the permitted repository can be pulled, the other is denied', async () => {
    expect(await pull('mytoken', 'hello-world')).toMatchObject({ status: 0 });
    const refused = await pull('mytoken', 'nginx');
    expect(refused.status).not.toBe(0);
    expect(refused.output).toMatch(denied);
  });

  it('S1-15 S0-03 any push is denied, to the permitted repository too', async () => {
    for (const name of ['hello-world', 'nginx']) {
      const refused = await push('mytoken', name);
      expect(refused.status).not.toBe(0);
      expect(refused.output).toMatch(denied);
    }
  });

  it('a disabled token is denied; enabled again it pulls without a new log-in by hand', async () => {
    const path = '/registries/local/tokens/mytoken';
    await berth.management.do('PATCH', path, { status: 'disabled' });
    expect((await pull('mytoken', 'hello-world')).status).not.toBe(0);
    await berth.management.do('PATCH', path, { status: 'enabled' });
    expect(await pull('mytoken', 'hello-world')).toMatchObject({ status: 0 });
  });

  it('a scope map that loses the action denies; given back, the pull works without a new log-in by hand', async () => {
    const path = '/registries/local/scope-maps/hello-readers';
    await berth.management.do('PATCH', path, { actions: ['repositories/samples/other/content/read'] });
    const refused = await waitFor('the pull is denied', { withinMs: 1000 }, async () => {
      const outcome = await pull('mytoken', 'hello-world');
      return outcome.status === 0 ? null : outcome;
    });
    expect(refused.value.output).toMatch(denied);
    await berth.management.do('PATCH', path, { actions: ['repositories/samples/hello-world/content/read'] });
    await waitFor('the pull works', { withinMs: 1000 }, async () =>
      (await pull('mytoken', 'hello-world')).status === 0 ? true : null,
    );
  });

  it('the audit log says who, from where, with which credential, what, allowed or refused and why', async () => {
    const { value: items } = await waitFor('entries of mytoken', { withinMs: 10_000 }, async () => {
      const page = await berth.management.entries({ actor: 'mytoken', limit: '1000' });
      const events = new Set(page.items.map((entry) => entry.event));
      return events.has('pull') && events.has('blob-pull') && events.has('refused') ? page.items : null;
    });
    expect(items.find((entry) => entry.event === 'pull')).toMatchObject({
      actor: { id: expect.stringMatching(/^token:/) as string, name: 'mytoken', slot: 1 },
      action: 'content/read',
      target: {
        repository: 'samples/hello-world',
        tag: 'v1',
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      },
      outcome: 'allowed',
      source: {
        address: expect.stringMatching(/127\.0\.0\.1|::1/) as string,
        userAgent: expect.stringContaining('skopeo') as string,
      },
    });
    expect(items.find((entry) => entry.event === 'refused')).toMatchObject({
      outcome: 'refused',
      reason: expect.any(String) as string,
      target: { repository: expect.stringMatching(/^samples\//) as string },
    });
    expect(items.map((entry) => entry.seq)).toEqual(items.map((entry) => entry.seq).sort((a, b) => a - b));
  });
});

describe.skipIf(craneMissing)('the walk-through with crane (needs crane)', () => {
  it('the token says when it was last used', async () => {
    const token = await berth.management.do<{ lastUsedAt?: string | null }>('GET', '/registries/local/tokens/mytoken');
    expect(Date.now() - Date.parse(token.lastUsedAt ?? '')).toBeLessThan(60_000);
  });

  it('S0-01 S1-15 a second client pushes as admin and pulls as a token, and is denied elsewhere', async () => {
    const token = await berth.management.createToken('crane-token', ['repositories/crane/app/content/read']);
    const crane = (login: Login, ...args: string[]) => runCraneAs(join(folder, login.username), login, args);
    expect(
      await crane(berth.admin, 'push', join(folder, 'hello-world'), `${berth.loginServer}/crane/app:v1`),
    ).toMatchObject({ status: 0 });
    expect(
      await crane(token, 'pull', '--format=oci', `${berth.loginServer}/crane/app:v1`, join(folder, 'crane-out')),
    ).toMatchObject({ status: 0 });
    const refused = await crane(token, 'digest', `${berth.loginServer}/crane/other:v1`);
    expect(refused.status).not.toBe(0);
    expect(refused.output).toMatch(/DENIED|denied/);
  });
});

async function runCraneAs(home: string, { username, password }: Login, args: readonly string[]) {
  const script =
    'export DOCKER_CONFIG="$1"; crane auth login "$2" -u "$3" --password-stdin >/dev/null && shift 3 && exec crane "$@" --insecure';
  return runCommand('sh', ['-c', script, 'sh', home, berth.loginServer, username, ...args], password);
}
