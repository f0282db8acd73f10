import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commonEnvironment } from './common-environment.js';
import { readConfig } from './read-config.js';
import { seconds } from './values.js';

const schema = z.object({
  ...commonEnvironment,
  BERTH_ADMIN_PASSWORD: z.string().min(12).optional(),
  BERTH_DEFINITIONS_MAX_AGE: seconds.default(86_400),
});

const right = {
  BERTH_INSTANCE: 'identity-1',
  BERTH_LISTEN: '127.0.0.1:5001',
  BERTH_DATA_DIR: '/var/lib/berth',
  BERTH_KAFKA_BROKERS: '127.0.0.1:9092',
  BERTH_INTERNAL_KEY_FILE: '/var/lib/berth/internal-key',
};

function problemsOf(environment: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(schema, environment);
  } catch (e) {
    expect(e).toMatchObject({ kind: 'malformed', code: 'invalid-configuration' });
    return e instanceof Error ? e.message.split('\n').slice(1) : [];
  }
  return [];
}

describe('readConfig', () => {
  it('reads the settings and leaves the rest of the environment alone', () => {
    expect(readConfig(schema, { ...right, PATH: '/bin', BERTH_OTHER: 'x' })).toEqual({
      BERTH_INSTANCE: 'identity-1',
      BERTH_LISTEN: { host: '127.0.0.1', port: 5001 },
      BERTH_DATA_DIR: '/var/lib/berth',
      BERTH_KAFKA_BROKERS: ['127.0.0.1:9092'],
      BERTH_INTERNAL_KEY_FILE: '/var/lib/berth/internal-key',
      BERTH_LOG_LEVEL: 'info',
      BERTH_TRUSTED_PROXIES: [],
      BERTH_DEFINITIONS_MAX_AGE: 86_400,
    });
  });

  it('lists every problem at once, each with what would be right', () => {
    const problems = problemsOf({
      ...right,
      BERTH_INSTANCE: undefined,
      BERTH_LISTEN: 'localhost',
      BERTH_KAFKA_BROKERS: 'a:1,,b:2',
      BERTH_LOG_LEVEL: 'loud',
      BERTH_DEFINITIONS_MAX_AGE: '1d',
    });
    expect(problems).toEqual([
      '  BERTH_INSTANCE: is not set; it must be 1 to 64 of a-z, A-Z, 0-9, . _ and -, such as identity-1',
      '  BERTH_LISTEN: is not usable; it must be host:port, such as 127.0.0.1:5000',
      '  BERTH_KAFKA_BROKERS: is not usable; it must be host:port[,host:port..], such as 127.0.0.1:9092',
      '  BERTH_LOG_LEVEL: is not usable; it must be fatal, error, warn, info, debug, trace or silent',
      '  BERTH_DEFINITIONS_MAX_AGE: is not usable; it must be a whole number of seconds from 0 to 315360000',
    ]);
  });

  it('takes a variable that is set to nothing as not set', () => {
    expect(readConfig(schema, { ...right, BERTH_LOG_LEVEL: '', BERTH_TRUSTED_PROXIES: '' })).toMatchObject({
      BERTH_LOG_LEVEL: 'info',
      BERTH_TRUSTED_PROXIES: [],
    });
    expect(problemsOf({ ...right, BERTH_DATA_DIR: '' })).toEqual(['  BERTH_DATA_DIR: is not set; it must be a path']);
  });

  it('says that a variable of a plain schema is not set', () => {
    expect(() => readConfig(z.object({ BERTH_X: z.string() }), {})).toThrow('BERTH_X: is not set');
  });

  it('never shows a value', () => {
    const problems = problemsOf({ ...right, BERTH_ADMIN_PASSWORD: 'hunter2', BERTH_LISTEN: 'secret-host' });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toMatch(/hunter2|secret-host/);
  });
});
