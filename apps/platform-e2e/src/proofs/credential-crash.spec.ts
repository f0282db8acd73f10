import type { Entry } from '@berth/contracts';
import { basic, DockerClient, pullManifest, startTestPlatform, waitFor, type TestPlatform } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface ImportAnswer {
  readonly name: string;
  readonly password?: string;
}

const rounds = 5;
let berth: TestPlatform;

beforeAll(async () => {
  berth = await startTestPlatform();
  const actions = ['repositories/samples/hello-world/content/read'];
  await berth.management.do('PUT', '/registries/local/scope-maps/crash-map', { actions });
});
afterAll(async () => berth?.stop());

/** Kills identity, at once or after so many milliseconds, and starts it again. */
async function crashIdentity(afterMs: number): Promise<void> {
  const [identity] = berth.platform.services.identity;
  if (identity === undefined) throw new Error('no identity process');
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await identity.kill('SIGKILL');
  await identity.start();
}

const path = (name: string) => `/registries/local/tokens/${name}`;
const putToken = (name: string) => berth.management.call('PUT', path(name), { scopeMap: 'crash-map' });

async function isUsable({ name, password }: { name: string; password: string }): Promise<boolean> {
  const answer = await pullManifest(
    new DockerClient(berth.origin, { username: name, password }),
    'samples/hello-world',
    'no-such-tag',
  );
  // Let in, and told that there is nothing: a wrong password gets 401.
  return answer.status === 404;
}

/** The entries that tell of a creation; of the newest thousand changes. */
async function creations(isWanted: (entry: Entry) => boolean): Promise<Entry[]> {
  const { items } = await berth.management.entries({ actor: 'admin', event: 'created', limit: '1000' });
  return items.filter(isWanted);
}

describe('reliability experiment 4: kill -9 of identity while credentials are made', () => {
  it('a token is there if and only if the audit log says so, an answered password is good, and a retry ends the same', async () => {
    const passwords: { name: string; password: string }[] = [];
    const names: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const crash = crashIdentity(round * 60);
      let isCut = false;
      for (let at = 1; !isCut; at += 1) {
        const name = `crash-${round}-${at}`;
        names.push(name);
        const put = await putToken(name).catch(() => null);
        const posted =
          put !== null && put.status < 300
            ? await berth.management.call('POST', `${path(name)}/passwords`, { slot: 1 }).catch(() => null)
            : null;
        if (posted?.status === 201) passwords.push({ name, ...(posted.body as { password: string }) });
        isCut = posted?.status !== 201;
      }
      await crash;
      const last = names.at(-1) ?? '';
      const again = await waitFor('identity answers again', { withinMs: 20_000, everyMs: 100 }, async () => {
        const answer = await putToken(last);
        return answer.status < 300 ? answer : null;
      });
      const { password } = await berth.management.do<{ password: string }>('POST', `${path(last)}/passwords`, {
        slot: 1,
      });
      expect(again.value.body).toMatchObject({ name: last, scopeMap: 'crash-map' });
      passwords.push({ name: last, password });
    }
    expect(passwords.length).toBe(names.length);
    for (const each of passwords) expect(await isUsable(each), each.name).toBe(true);
    await waitFor('each token has one entry', { withinMs: 20_000, everyMs: 200 }, async () => {
      const told = await creations(({ target }) => target.resourceName?.startsWith('crash-') === true);
      const toldNames = told.map(({ target }) => target.resourceName).filter((name) => name !== 'crash-map');
      expect(toldNames.sort()).toEqual([...names].sort());
      return true;
    });
  });

  it('an import that was cut goes on under its id, and ends with every line stored, told and good', async () => {
    const count = 6000;
    const line = (at: number) => `${JSON.stringify({ name: `cut-${100_000 + at}`, scopeMap: 'crash-map' })}\n`;
    const body = Array.from({ length: count }, (_, at) => line(at + 1)).join('');
    const answers = new Map<string, string>();
    let cuts = 0;
    while (answers.size < count) {
      const crash = cuts < 2 ? crashIdentity(300) : Promise.resolve();
      for (const { name, password } of await importFrom(answers.size + 1, body)) {
        if (password !== undefined) answers.set(name, password);
      }
      cuts += 1;
      await crash;
      expect(cuts).toBeLessThan(20);
    }
    expect(cuts, 'cut at least once').toBeGreaterThan(1);
    const names = [...answers.keys()];
    expect(names.length).toBe(count);
    for (const name of [names[0], names[999], names[1000], names[count - 1]]) {
      expect(await isUsable({ name: name ?? '', password: answers.get(name ?? '') ?? '' }), name).toBe(true);
    }
    await waitFor('each line was told of as created once', { withinMs: 20_000, everyMs: 200 }, async () => {
      const told = await creations(({ target }) => target.resource === 'token-import:cut');
      const created = told.map(({ asked = '' }) => Number(/: (\d+) tokens created/.exec(asked)?.[1] ?? 0));
      expect(created.reduce((sum, each) => sum + each, 0)).toBe(count);
      return true;
    });
  });
});

/** Sends the lines through the origin; gives the answers that came, whole lines, however it ended. */
async function importFrom(from: number, body: string): Promise<ImportAnswer[]> {
  let text = '';
  try {
    const answer = await fetch(`${berth.origin}/api/v1/registries/local/tokens:import?id=cut&from=${from}`, {
      method: 'POST',
      headers: { authorization: basic(berth.admin), 'content-type': 'application/x-ndjson' },
      body,
    });
    if (answer.status !== 200) return [];
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) text += decoder.decode(piece, { stream: true });
  } catch (e) {
    if (!(e instanceof TypeError)) throw e;
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ImportAnswer);
}
