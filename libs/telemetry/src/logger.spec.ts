import { describe, expect, it } from 'vitest';
import { AppError } from '@berth/errors';
import { createLogger, type Logger } from './logger.js';

const token = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0b2tlbjoxIn0.${'s'.repeat(86)}`;
const password = `brt_${'A1b2C3d4'.repeat(6)}x`;

function logged(write: (logger: Logger) => void): { lines: Record<string, unknown>[]; text: string } {
  const out: string[] = [];
  const logger = createLogger({
    service: 'identity',
    instance: 'identity-1',
    level: 'debug',
    destination: { write: (line: string) => void out.push(line) },
  });
  write(logger);
  const text = out.join('');
  return {
    lines: text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    text,
  };
}

describe('log lines', () => {
  it('say when, how bad, who and what', () => {
    const { lines } = logged((logger) => logger.warn({ queue: 7 }, 'the queue grows'));
    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'identity',
        instance: 'identity-1',
        queue: 7,
        msg: 'the queue grows',
      },
    ]);
  });

  it('B18 keep a line break of somebody else within their own line', () => {
    const { lines, text } = logged((logger) => logger.info({ clientId: 'x\nINFO admin login' }, 'a\r\nb'));
    expect(lines).toHaveLength(1);
    expect(text.trim().split('\n')).toHaveLength(1);
  });

  it('keep an error with kind, code and its causes, and nothing else of it', () => {
    const driver = Object.assign(new Error('refused'), {
      code: 'ECONNREFUSED',
      connection: { user: 'x' },
      query: 'select 1',
    });
    const cause = new AggregateError([driver], '');
    const { lines } = logged((logger) =>
      logger.error({ err: new AppError({ kind: 'unavailable', message: 'no', cause }) }),
    );
    expect(lines[0]?.['err']).toMatchObject({
      type: 'AppError',
      kind: 'unavailable',
      message: 'no',
      stack: expect.stringContaining('logger.spec'),
      cause: { errors: [{ type: 'Error', message: 'refused', code: 'ECONNREFUSED' }] },
    });
    expect(JSON.stringify(lines[0])).not.toMatch(/select 1|connection/);
  });

  it('carry the facts of a child and of its child', () => {
    const { lines } = logged((logger) =>
      logger
        .child({ a: 1 })
        .child({ b: { c: 2 } })
        .info({ d: 3 }, 'x'),
    );
    expect(lines[0]).toMatchObject({ service: 'identity', a: 1, b: { c: 2 }, d: 3, msg: 'x' });
  });

  it('are bounded, however much is put in', () => {
    const deep = Array.from({ length: 50 }).reduce<object>((inner) => ({ inner }), { end: 'bottom' });
    const { lines, text } = logged((logger) => {
      logger.info({ text: 'x'.repeat(1_000_000), list: Array.from({ length: 100_000 }, (_, n) => n), deep });
      logger.info('y'.repeat(1_000_000));
    });
    expect(lines).toHaveLength(2);
    expect(text.length).toBeLessThan(20_000);
    expect(text).not.toContain('bottom');
  });

  it('survive an endless chain of causes and thrown things that are no errors', () => {
    const endless = new Error('a');
    endless.cause = endless;
    const { lines } = logged((logger) => {
      logger.error({ err: endless });
      logger.error({ err: 'text' });
      logger.error({ err: { password: 'hunter2' } });
      logger.error({ err: null });
    });
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

describe('B26 secrets never reach a log line', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'password',
    'adminPassword',
    'BERTH_ADMIN_PASSWORD',
    'passwd',
    'token',
    'access_token',
    'refreshToken',
    'secret',
    'client_secret',
    'apiKey',
    'api_key',
    'privateKey',
    'masterKey',
    'Berth-Internal',
    'credential',
  ])('under the name %s, at any depth, of any type', (name) => {
    const { lines, text } = logged((logger) => {
      logger.info({ [name]: 'hunter2', fine: 'kept-1' }, 'top');
      logger.info({ a: { b: [{ c: { d: { [name]: 'hunter2 "quoted\\" hunter2', fine: 'kept-2' } } }] } }, 'deep');
      logger.info({ request: { headers: { [name]: ['hunter2', 'hunter2'], fine: 'kept-3' } } }, 'list');
      logger.info({ [name]: Buffer.from('hunter2'), fine: 'kept-4' }, 'bytes');
      logger.info({ [name]: 4_711_4711, fine: 'kept-5' }, 'number');
      logger
        .child({ fine: 'kept-6' })
        .child({ [name]: 'hunter2' })
        .info('bound');
      logger.info({ body: JSON.stringify({ [name]: 'hunter2', fine: 'kept-7' }) }, 'quoted JSON');
      logger.info(JSON.stringify({ a: { [name]: 'hunter2', fine: 'kept-8' } }));
    });
    expect(lines).toHaveLength(8);
    expect(text).not.toMatch(/hunter2|47114711|104,117,110/);
    for (let n = 1; n <= 8; n += 1) expect(text).toContain(`kept-${n}`);
  });

  it.each([
    ['a signed token', token],
    ['half a signed token', token.split('.').slice(0, 2).join('.')],
    ['a generated password', password],
    ['a Bearer value', `Bearer ${token}`],
    ['a Basic value', `Basic ${Buffer.from('admin:hunter2').toString('base64')}`],
    ['an address with a password', 'postgres://berth:hunter2@127.0.0.1:5432/berth'],
    ['an address with a percent-encoded password', 'kafka://:hunter%402@host'],
  ])('by its looks: %s, in a message, a fact, an error and its stack', (_, secret) => {
    const { text } = logged((logger) => {
      logger.info(`got ${secret} from there`);
      logger.info({ header: secret, list: [secret], text: `x=${secret}&y=1` }, 'facts');
      logger.error({ err: new Error(`bad ${secret}`, { cause: new Error(secret) }) });
    });
    for (const part of [
      token.split('.')[1] ?? '',
      password,
      'hunter',
      Buffer.from('admin:hunter2').toString('base64'),
    ]) {
      expect(text).not.toContain(part);
    }
    expect(text).toContain('from there');
  });

  it('and what only sounds like a secret stays', () => {
    const { lines } = logged((logger) =>
      logger.info({
        tokens: 5,
        tokenId: 'a',
        passwordSlot: 1,
        secretCount: 2,
        key: 'scope-map:1',
        isToken: true,
        token: null,
      }),
    );
    expect(lines[0]).toMatchObject({
      tokens: 5,
      tokenId: 'a',
      passwordSlot: 1,
      secretCount: 2,
      key: 'scope-map:1',
      isToken: true,
      token: null,
    });
  });

  it('without stopping for a long line', () => {
    const startedMs = performance.now();
    logged((logger) => logger.info({ long: '"password":"'.repeat(50_000), other: '\\'.repeat(100_000) }));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
