import { entryDraft } from '@berth/contracts';
import { appendFileSync, statSync, writeSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { realDisk, type SpoolDisk } from './segment-writer.js';
import { entry, newDir, openSpool, removeDirs, segmentFiles, storedFrames, storedTags } from './spool.suite.js';

/** The real disk, with a count of the calls and failures on demand. */
class CountedDisk implements SpoolDisk {
  writes = 0;
  syncs = 0;
  fullAfterBytes: number | null = null;

  write = (fd: number, bytes: Buffer, position: number): number => {
    this.writes += 1;
    if (this.fullAfterBytes === null) return realDisk.write(fd, bytes, position);
    if (this.fullAfterBytes === 0)
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const taken = Math.min(bytes.length, this.fullAfterBytes);
    this.fullAfterBytes -= taken;
    return writeSync(fd, bytes, 0, taken, position);
  };

  sync = async (fd: number): Promise<void> => {
    this.syncs += 1;
    await realDisk.sync(fd);
  };
}

function entries(from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, n) => entry(from + n));
}

describe('Spool', () => {
  afterEach(removeDirs);

  it('has an entry in the file when append resolves', async () => {
    const dir = newDir();
    const spool = await openSpool(dir);
    await spool.append(entry(1));
    expect(storedTags(dir)).toEqual(['t1']);
    await spool.close();
  });

  it('writes all entries of one turn of the event loop with one call, in their order', async () => {
    const disk = new CountedDisk();
    const dir = newDir();
    const spool = await openSpool(dir, { disk });
    disk.writes = 0;
    // As requests come: each in a callback of its own, all in one turn.
    const appends = entries(1, 100).map(async (each) => {
      await new Promise((resolve) => setImmediate(resolve));
      await spool.append(each);
    });
    await Promise.all(appends);
    expect(disk.writes).toBe(1);
    expect(disk.syncs).toBe(0);
    expect(storedTags(dir)).toEqual(entries(1, 100).map(({ target }) => target.tag));
    await spool.append(entry(101));
    expect(disk.writes).toBe(2);
    await spool.close();
  });

  it('begins with `opened` and ends with `closed`, and the next boot names this one and its last number', async () => {
    const dir = newDir();
    const first = await openSpool(dir);
    await Promise.all(entries(1, 3).map((each) => first.append(each)));
    await first.close();
    expect(storedFrames(dir).map(({ kind }) => kind)).toEqual(['opened', 'entry', 'entry', 'entry', 'closed']);
    expect(storedFrames(dir)[0]).toEqual({ kind: 'opened', previous: null });

    const second = await openSpool(dir);
    expect(second.producer).toMatchObject({ service: 'registry', instance: 'registry-1' });
    expect(second.producer.boot).not.toBe(first.producer.boot);
    const opened = storedFrames(dir).at(-1);
    expect(opened).toEqual({ kind: 'opened', previous: { boot: first.producer.boot, last: 5 } });
    await second.close();
  });

  it('names the previous boot also when the clock was set back', async () => {
    const dir = newDir();
    const boots: string[] = [];
    for (const now of [3_000_000, 2_000_000, 1_000_000]) {
      const spool = await openSpool(dir, { clock: () => now });
      boots.push(spool.producer.boot);
      await spool.close();
    }
    const opened = storedFrames(dir).filter((frame) => frame.kind === 'opened');
    expect(opened.map(({ previous }) => previous?.boot ?? null)).toEqual([null, boots[0], boots[1]]);
  });

  it('cuts a torn frame at the end of an earlier boot and keeps all before it', async () => {
    const dir = newDir();
    const first = await openSpool(dir);
    await first.append(entry(1));
    await first.close();
    const [path = ''] = segmentFiles(dir);
    const { size } = statSync(path);
    appendFileSync(path, Buffer.from([0, 0, 0, 90, 1, 2, 3, 4, 123]));
    const second = await openSpool(dir);
    await second.append(entry(2));
    expect(statSync(path).size).toBe(size);
    expect(storedTags(dir)).toEqual(['t1', 't2']);
    expect(storedFrames(dir)).toContainEqual({ kind: 'opened', previous: { boot: first.producer.boot, last: 3 } });
    await second.close();
  });

  it('refuses a second opener of the same instance, and lets another instance in', async () => {
    const dir = newDir();
    const spool = await openSpool(dir);
    await expect(openSpool(dir)).rejects.toMatchObject({ kind: 'conflict' });
    const other = await openSpool(dir, { instance: 'registry-2' });
    await other.close();
    await spool.close();
    await (await openSpool(dir)).close();
  });

  it('refuses with `unavailable` when the disk is full, keeps no part of it, and goes on when there is room', async () => {
    const disk = new CountedDisk();
    const dir = newDir();
    const spool = await openSpool(dir, { disk });
    await spool.append(entry(1));
    disk.fullAfterBytes = 700;
    const refused = await Promise.allSettled(entries(2, 9).map((each) => spool.append(each)));
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(spool.append(entry(10))).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 });
    expect(storedTags(dir)).toEqual(['t1']);
    disk.fullAfterBytes = null;
    await spool.append(entry(11));
    expect(storedTags(dir)).toEqual(['t1', 't11']);
    await spool.close();
  });

  it('experiment 27: opens on a disk full of what is not shipped, refuses until there is room, and then begins', async () => {
    const dir = newDir();
    const first = await openSpool(dir);
    await first.append(entry(1));
    await first.close();
    const disk = new CountedDisk();
    disk.fullAfterBytes = 0;
    const spool = await openSpool(dir, { disk });
    expect(spool.folder.segments[0]?.path).toBe(segmentFiles(dir)[0]);
    await expect(spool.append(entry(2))).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 5 });
    disk.fullAfterBytes = null;
    await spool.append(entry(3));
    await spool.close();
    expect(storedTags(dir)).toEqual(['t1', 't3']);
    const frames = storedFrames(dir).slice(3);
    expect(frames.map(({ kind }) => kind)).toEqual(['opened', 'entry', 'closed']);
    expect(frames[0]).toEqual({ kind: 'opened', previous: { boot: first.producer.boot, last: 3 } });
  });

  it('experiment 27: does not open on a disk that is full of other things', async () => {
    const disk = new CountedDisk();
    disk.fullAfterBytes = 0;
    const dir = newDir();
    await expect(openSpool(dir, { disk })).rejects.toMatchObject({ kind: 'unavailable' });
    await (await openSpool(dir)).close();
  });

  it('completes a write that the disk takes in parts', async () => {
    const disk = new CountedDisk();
    const dir = newDir();
    const spool = await openSpool(dir, { disk });
    const { write } = disk;
    disk.write = (fd, bytes, position) => write(fd, bytes.subarray(0, 100), position);
    await Promise.all(entries(1, 3).map((each) => spool.append(each)));
    expect(storedTags(dir)).toEqual(['t1', 't2', 't3']);
    await spool.close();
  });

  it('with fsync: one sync for all entries of a turn, before they resolve', async () => {
    const disk = new CountedDisk();
    const spool = await openSpool(newDir(), { disk, fsync: true });
    disk.syncs = 0;
    const before = disk.syncs;
    await Promise.all(entries(1, 50).map((each) => spool.append(each)));
    expect(disk.syncs - before).toBe(1);
    disk.sync = async () => {
      throw new Error('EIO');
    };
    await expect(spool.append(entry(51))).rejects.toMatchObject({ kind: 'unavailable' });
    disk.sync = realDisk.sync;
    await spool.append(entry(52));
    await spool.close();
  });

  it('begins a new segment at 16 MiB, with the number of its first frame in its name', async () => {
    const dir = newDir();
    const spool = await openSpool(dir);
    const large = { asked: 'x'.repeat(2_000) };
    for (let n = 0; n < 80; n += 1) {
      await Promise.all(entries(n * 100 + 1, n * 100 + 100).map((each) => spool.append({ ...each, ...large })));
    }
    const [first = '', second = '', ...more] = segmentFiles(dir);
    expect(more).toEqual([]);
    expect(first).toMatch(/-0{15}1\.seg$/);
    const { length } = storedFrames(dir);
    expect(length).toBe(8_001);
    const firstOfSecond = Number(/-(\d{16})\.seg$/.exec(second)?.[1]);
    expect(storedTags(dir)[firstOfSecond - 2]).toBe(`t${firstOfSecond - 1}`);
    await spool.close();
  });

  it('cuts texts that are longer than the contract allows, so that every stored entry keeps to it', async () => {
    const dir = newDir();
    const spool = await openSpool(dir);
    await spool.append(
      entry(1, {
        actor: { id: null, name: 'n'.repeat(1_000) },
        asked: 'a'.repeat(100_000),
        source: { userAgent: 'u'.repeat(5_000) },
      }),
    );
    const [, stored] = storedFrames(dir);
    const cut = entryDraft.parse(stored?.kind === 'entry' ? stored.entry : null);
    expect([cut.actor.name.length, cut.asked?.length, cut.source.userAgent?.length]).toEqual([300, 2_000, 256]);
    await spool.close();
  });

  it('takes nothing after it was closed', async () => {
    const spool = await openSpool(newDir());
    await spool.close();
    await spool.close();
    await expect(spool.append(entry(1))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
