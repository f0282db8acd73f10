import type { AccessClaims } from '@berth/contracts';
import {
  basic,
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  startTestPlatform,
  waitFor,
  type Login,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/hello-world';
const image = sampleImage('killed');

let berth: TestPlatform;

beforeAll(async () => {
  berth = await startTestPlatform();
  await pushImage(new DockerClient(berth.origin, berth.admin), repository, { tag: 'v1', image });
});
afterAll(async () => berth?.stop());

const mapPath = '/registries/local/scope-maps/toggled-map';
const pair = ['samples/one', 'samples/two'] as const;

/** What one log-in was given, and by which version of the scope map. */
interface Check {
  readonly version: number;
  readonly repositories: readonly string[];
}

/** Asks for both repositories of the pair; the scope map allows one of them at any time. */
async function check(login: Login): Promise<Check> {
  const url = new URL('/oauth2/token', berth.origin);
  url.searchParams.set('service', berth.loginServer);
  for (const name of pair) url.searchParams.append('scope', `repository:${name}:pull`);
  const answer = await fetch(url, { headers: { authorization: basic(login) } });
  if (!answer.ok) throw new Error(`a log-in answered ${answer.status}: ${await answer.text()}`);
  const { token } = (await answer.json()) as { token: string };
  const [, payload = ''] = token.split('.');
  const { access, ver } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as AccessClaims;
  const [version = 0] = Object.entries(ver).flatMap(([subject, n]) => (subject.startsWith('scope-map:') ? n : []));
  return { version, repositories: access.map(({ name }) => name) };
}

/** Checks one behind the other until it is over: in the order of what identity knew. */
async function checkUntil(isOver: () => boolean, login: Login): Promise<Check[]> {
  const checks: Check[] = [];
  while (!isOver()) checks.push(await check(login));
  return checks;
}

/** Allows the one, then the other, as fast as policy answers and until it is cut off; notes each answered version. */
async function toggle(answered: Map<number, string>): Promise<void> {
  for (let n = 0; ; n += 1) {
    const [one, two] = pair;
    const name = n % 2 === 0 ? one : two;
    const actions = [`repositories/${name}/content/read`];
    const answer = await berth.management.call('PATCH', mapPath, { actions }).catch(() => null);
    if (answer?.status !== 200) return;
    answered.set((answer.body as { version: number }).version, name);
  }
}

/** Kills policy three times, each time with two changes under way. */
async function crashWhileToggling(
  policy: TestPlatform['platform']['services']['policy'][number],
  answered: Map<number, string>,
): Promise<void> {
  for (let round = 1; round <= 3; round += 1) {
    const enough = answered.size + 5 * round;
    const toggling = Promise.all([toggle(answered), toggle(answered)]);
    await waitFor('some changes are answered', { withinMs: 10_000, everyMs: 1 }, () =>
      Promise.resolve(answered.size >= enough ? true : null),
    );
    await policy.kill('SIGKILL');
    await toggling;
    await policy.start();
  }
}

/** Waits until log-ins are decided by what policy says now; that version. */
async function followed(login: Login): Promise<number> {
  const { version } = await berth.management.do<{ version: number }>('GET', mapPath);
  await waitFor('log-ins follow the last version', { withinMs: 10_000 }, async () =>
    (await check(login)).version === version ? true : null,
  );
  return version;
}

describe('kill -9 loses nothing that was answered (decision 4)', () => {
  it('decision 4 registry killed right after a 200: the pull is in the audit log', async () => {
    const [registry] = berth.platform.services.registry;
    if (registry === undefined) throw new Error('no registry process');
    for (let round = 1; round <= 3; round += 1) {
      const login = await berth.management.createToken(`killed-${round}`, [`repositories/${repository}/content/read`]);
      const answer = await pullManifest(new DockerClient(registry.url, login), repository, 'v1');
      expect(answer.status).toBe(200);
      await registry.kill('SIGKILL');
      await registry.start();
      await waitFor(`pull of round ${round} is in the log, once`, { withinMs: 20_000, everyMs: 100 }, async () => {
        const { items } = await berth.management.entries({ actor: login.username, limit: '100' });
        const pulls = items.filter((entry) => entry.event === 'pull');
        expect(pulls.length).toBeLessThanOrEqual(1);
        return pulls.length === 1 ? true : null;
      });
    }
  });

  it('decision 4 policy killed right after it answered a change: the change bites and is in the audit log', async () => {
    const [policy] = berth.platform.services.policy;
    if (policy === undefined) throw new Error('no policy process');
    const login = await berth.management.createToken('policy-killed', [`repositories/${repository}/content/read`]);
    await berth.management.do('PATCH', '/registries/local/scope-maps/policy-killed-map', {
      actions: ['repositories/samples/other/content/read'],
    });
    await policy.kill('SIGKILL');
    await policy.start();
    await waitFor('the log-in gets nothing', { withinMs: 10_000, everyMs: 100 }, async () => {
      const answer = await pullManifest(new DockerClient(berth.origin, login), repository, 'v1');
      return answer.status === 401 ? true : null;
    });
    await waitFor('the change is in the log', { withinMs: 20_000, everyMs: 100 }, async () => {
      const { items } = await berth.management.entries({ actor: 'admin', event: 'updated', limit: '100' });
      return items.some((entry) => entry.target.resourceName === 'policy-killed-map') ? true : null;
    });
  });

  it('experiment 5: policy killed while it updates a scope map under checks: each is decided by one version, none goes back', async () => {
    const [policy] = berth.platform.services.policy;
    if (policy === undefined) throw new Error('no policy process');
    const login = await berth.management.createToken('toggled', [`repositories/${pair[0]}/content/read`]);
    const answered = new Map<number, string>();
    let isOver = false;
    const checking = Promise.all([1, 2].map(() => checkUntil(() => isOver, login)));
    const last = await crashWhileToggling(policy, answered)
      .then(() => followed(login))
      .finally(() => (isOver = true));
    const nodes = await checking;
    const allowed = new Map(answered);
    for (const checks of nodes) {
      const versions = checks.map(({ version }) => version);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      for (const { version, repositories } of checks) {
        expect(repositories).toHaveLength(1);
        expect(repositories[0], `version ${version}`).toBe(allowed.get(version) ?? repositories[0]);
        allowed.set(version, repositories[0] ?? '');
      }
    }
    expect(Math.max(...answered.keys())).toBeLessThanOrEqual(last);
    console.log(
      `policy killed 3 times in ${answered.size} changes: ${nodes.flat().length} log-ins, none by half a change`,
    );
  });

  it('an image pushed before registry, identity and Postgres were killed is pulled byte-exact afterwards', async () => {
    const { registry, identity } = berth.platform.services;
    await Promise.all([...registry, ...identity].map((process) => process.kill('SIGKILL')));
    await berth.platform.postgres?.kill();
    await berth.platform.postgres?.start();
    await Promise.all([...registry, ...identity].map((process) => process.start()));
    const { value: answer } = await waitFor('the pull works', { withinMs: 20_000, everyMs: 100 }, async () => {
      const pulled = await pullManifest(new DockerClient(berth.origin, berth.admin), repository, 'v1');
      return pulled.status === 200 ? pulled : null;
    });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(image.manifest);
  });
});
