import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { BlobKey } from './blob-key.js';
import { breaking, chunksOf, newKey, readAll } from './contents.suite.js';
import { FilesystemBlobStore } from './filesystem-blob-store.js';
import { ForgetfulDisk, pythonOfForgetfulDisk } from './forgetful-disk.suite.js';

/** What the store has acknowledged of one content, and what its client is going to send. */
interface Acknowledged {
  readonly key: BlobKey;
  readonly content: Buffer;
  sizeBytes: number;
  isSealed: boolean;
}

/** A client of a store on a disk that loses its power again and again; it writes down what is acknowledged. */
class Client {
  /** How many contents were looked at after a loss of power. */
  looked = 0;
  private readonly acknowledged = new Set<Acknowledged>();

  constructor(private readonly folder: string) {}

  /** Looks at what survived, goes on with what earlier lives began, and with more until the store fails. */
  async live(): Promise<never> {
    const store = await FilesystemBlobStore.open(this.folder);
    for (const content of this.acknowledged) await this.check(store, content);
    for (const content of this.acknowledged) {
      if (content.isSealed) await this.delete(store, content);
      else await this.finish(store, content);
    }
    for (;;) {
      const first = await this.begin(store, randomBytes(200_000));
      await this.finish(store, first);
      await this.takeOver(store, await this.begin(store, randomBytes(90_000)));
      await this.delete(store, first);
    }
  }

  /** Every acknowledged byte is there; of what is sealed, no other. */
  private async check(store: FilesystemBlobStore, { key, content, sizeBytes, isSealed }: Acknowledged): Promise<void> {
    this.looked += 1;
    const size = await store.size(key);
    if (isSealed) expect(size).toBe(sizeBytes);
    else expect(size).toBeGreaterThanOrEqual(sizeBytes);
    if (sizeBytes === 0) return;
    const read = await readAll(await store.open(key, { start: 0, end: sizeBytes - 1 }));
    expect(read.equals(content.subarray(0, sizeBytes)), key).toBe(true);
  }

  private async begin(store: FilesystemBlobStore, content: Buffer): Promise<Acknowledged> {
    const begun = { key: newKey(), content, sizeBytes: 0, isSealed: false };
    await store.create(begun.key);
    this.acknowledged.add(begun);
    return begun;
  }

  /** In two appends, with one between them that breaks off; all of it is whole at once when it is read back. */
  private async finish(store: FilesystemBlobStore, begun: Acknowledged): Promise<void> {
    const { key, content } = begun;
    const half = Math.ceil((begun.sizeBytes + content.length) / 2);
    await this.append(store, begun, half);
    const lost = new Error('connection lost');
    const broken = store.append(key, { offset: half, source: breaking(randomBytes(70_000), lost) });
    await broken.catch((e: unknown) => {
      if (e !== lost) throw e;
    });
    await this.append(store, begun, content.length);
    await store.seal(key, content.length);
    begun.isSealed = true;
    expect((await readAll(await store.open(key))).equals(content), key).toBe(true);
  }

  private async append(store: FilesystemBlobStore, begun: Acknowledged, end: number): Promise<void> {
    const { key, content, sizeBytes: offset } = begun;
    begun.sizeBytes = await store.append(key, { offset, source: chunksOf(content.subarray(offset, end)) });
  }

  private async takeOver(store: FilesystemBlobStore, from: Acknowledged): Promise<void> {
    await this.append(store, from, 50_000);
    const key = newKey();
    await store.copy(from.key, key, 40_000);
    const copy = { key, content: from.content, sizeBytes: 40_000, isSealed: false };
    this.acknowledged.add(copy);
    await this.delete(store, from);
    await this.finish(store, copy);
  }

  /** It may come back with the power: nobody has promised anything about it from now on. */
  private async delete(store: FilesystemBlobStore, content: Acknowledged): Promise<void> {
    this.acknowledged.delete(content);
    await store.delete(content.key);
  }
}

/** Changes and syncs of one round of work, a little more. */
const roundOfWork = 60;

/** Behind the making of the folders. */
const firstRound = 300;

const fewLosses = 30;

/** A delete needs no sync and may come back, so a disk would grow from loss to loss. */
const lossesOfADisk = 50;

const python = pythonOfForgetfulDisk();

describe.skipIf(python === null)('a disk that loses its power (skipped where FUSE or fusepy is missing)', () => {
  let disk: ForgetfulDisk;

  beforeEach(() => {
    disk = new ForgetfulDisk(python);
  });
  afterEach(async () => {
    await disk.remove();
  });

  /** Of a disk that is empty at first; each loss comes at another step of the work. */
  async function loseOften(
    done: number,
    { losses, keepsSome }: { losses: number; keepsSome: boolean },
  ): Promise<number> {
    const client = new Client(join(disk.folder, 'berth/blobs'));
    for (let n = done; n < done + losses; n++) {
      const at = (n === done ? firstRound : 2) + ((n * 7) % roundOfWork);
      await disk.mount({ at, keepSome: keepsSome ? n : null });
      await expect(client.live()).rejects.toMatchObject({ kind: 'unavailable', code: 'blob-store-failed' });
      expect(await disk.losePower(), `loss ${n}`).toBe(true);
    }
    await disk.replace();
    return client.looked;
  }

  it.each([
    ['nothing', false],
    ['some, at random,', true],
  ])(
    'experiment 28: has every acknowledged byte, and trusts no other, when %s of the rest survives',
    async (_, keepsSome) => {
      const losses = inject('powerLosses') ?? fewLosses;
      let looked = 0;
      for (let done = 0; done < losses; done += lossesOfADisk) {
        looked += await loseOften(done, { losses: Math.min(losses - done, lossesOfADisk), keepsSome });
      }
      expect(looked).toBeGreaterThanOrEqual(losses);
      console.log(`${losses} losses of power, ${looked} contents looked at`);
    },
    1_200_000,
  );

  it('experiment 28: makes its folders for good before it takes a content, however deep they lie', async () => {
    const folder = join(disk.folder, 'a/b/c');
    await disk.mount();
    const key = newKey();
    await (await FilesystemBlobStore.open(folder)).create(key);
    await disk.losePower();
    await disk.mount();
    expect(await (await FilesystemBlobStore.open(folder)).size(key)).toBe(0);
  });
});
