import { createServer, type AddressInfo } from 'node:net';
import { get } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenToAll, Route } from './declarations.js';
import { SpecService } from './service.suite.js';
import { startService } from './start-service.js';

let isAsked: () => void;
let release: () => void;
/** Whether what runs beside requests was told to end. */
let isEnded: boolean;

@Controller()
class Slow implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    isEnded = true;
  }

  @Get('slow')
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  async slow() {
    isAsked();
    await new Promise<void>((resolve) => (release = resolve));
    return { done: true };
  }
}

/** Ends that the process would have come to. */
let exits: number[];
let said: string;
const spies: { mockRestore(): void }[] = [];

beforeEach(() => {
  exits = [];
  isEnded = false;
  said = '';
  spies.push(
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      exits.push(Number(code));
      return undefined as never;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      said += String(chunk);
      return true;
    }),
  );
});

afterEach(() => {
  vi.useRealTimers();
  for (const spy of spies.splice(0)) spy.mockRestore();
  for (const event of ['SIGTERM', 'SIGINT', 'unhandledRejection'] as const) process.removeAllListeners(event);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function options(spec: SpecService, port: number) {
  const { logger } = spec.surface;
  return {
    service: 'spec',
    module: spec.moduleOf([Slow]),
    bodies: 'json',
    listen: { host: '127.0.0.1', port },
    logger,
  } as const;
}

describe('a service that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('answers what it was asked before %s and ends with 0', async (signal) => {
    const port = await freePort();
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    await startService(options(new SpecService(), port));
    const answer = new Promise<number>((resolve, reject) => {
      get({ port, path: '/slow' }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      }).on('error', reject);
    });
    await asked;
    process.emit(signal);
    await vi.waitFor(() => expect(get({ port, path: '/slow' }).once('error', () => undefined)).toBeTruthy());
    expect(exits).toEqual([]);
    release();
    expect(await answer).toBe(200);
    await vi.waitFor(() => expect(exits).toEqual([0]), { timeout: 5_000 });
  });
});

describe('a service that is told to stop during a long transfer', () => {
  it('lets go of it after 5 s, and ends in order', async () => {
    const port = await freePort();
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    await startService(options(new SpecService(), port));
    const broken = new Promise<string>((resolve) => {
      get({ port, path: '/slow' }, () => resolve('answered')).on('error', () => resolve('broken'));
    });
    await asked;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    process.emit('SIGTERM');
    await vi.advanceTimersByTimeAsync(4_900);
    expect({ exits, isEnded }).toEqual({ exits: [], isEnded: false });
    await vi.advanceTimersByTimeAsync(100);
    vi.useRealTimers();
    expect(await broken).toBe('broken');
    await vi.waitFor(() => expect({ exits, isEnded }).toEqual({ exits: [0], isEnded: true }));
  });
});

describe('a service that cannot start', () => {
  it('says in one sentence that its port is in use, and ends with 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await startService(options(new SpecService(), port));
    other.close();
    expect(exits).toEqual([1]);
    expect(said).toBe(
      `spec could not start: 127.0.0.1:${port} is in use by another program; stop it or choose another port.\n`,
    );
  });

  it('says what is wrong with it, and ends with 1', async () => {
    @Controller()
    class Forgotten {
      @Get('x')
      x() {}
    }
    const spec = new SpecService();
    await startService({ ...options(spec, 0), module: spec.moduleOf([Forgotten]) });
    expect(exits).toEqual([1]);
    expect(said).toMatch(/^spec could not start: .*Forgotten\.x\n$/);
  });
});

describe('an error that nobody waited for', () => {
  it('is logged with its cause and ends the process with 1', async () => {
    const spec = new SpecService();
    await startService(options(spec, await freePort()));
    process.emit('unhandledRejection', new Error('lost'), Promise.resolve());
    expect(exits).toEqual([1]);
    expect(spec.lines.join()).toContain('lost');
    process.emit('SIGTERM');
    await vi.waitFor(() => expect(exits).toEqual([1, 0]), { timeout: 5_000 });
  });
});
