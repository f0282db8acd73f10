import { describe, expect, it } from 'vitest';
import { launcherConfig, settingsOnly, withoutSettings } from './config.js';

const environment = { PATH: '/bin', BERTH_PORT: '5001', BERTH_BIND: '', OTHER: 'x' };

describe('launcherConfig', () => {
  it('needs nothing: loopback, port 5000, and .berth in the project', () => {
    expect(launcherConfig({}, '/project')).toEqual({ port: 5000, bind: '127.0.0.1', dataDir: '/project/.berth' });
  });

  it('reads what is set, and takes a variable that is set to nothing for one that is not set', () => {
    expect(launcherConfig({ ...environment, BERTH_DATA_DIR: '/data' }, '/project')).toEqual({
      port: 5001,
      bind: '127.0.0.1',
      dataDir: '/data',
    });
  });

  it.each(['0.0.0.0', '192.0.2.1', '::'])('refuses %s, where passwords would travel in the clear', (bind) => {
    expect(() => launcherConfig({ BERTH_BIND: bind }, '/project')).toThrow(/BERTH_TRUSTED_PROXIES/);
    const behindProxy = { BERTH_BIND: bind, BERTH_TRUSTED_PROXIES: '192.0.2.7' };
    expect(launcherConfig(behindProxy, '/project').bind).toBe(bind);
  });

  it('lists every problem at once', () => {
    const wrong = {
      BERTH_PORT: '70000',
      BERTH_BIND: 'here',
      BERTH_DATABASE_URL: 'mysql://x',
      BERTH_KAFKA_BROKERS: 'x',
    };
    const refuse = () => launcherConfig(wrong, '/project');
    for (const name of Object.keys(wrong)) expect(refuse).toThrow(`${name}: is not usable; it must be`);
  });
});

describe('what a child inherits', () => {
  it("is split into Berth's settings and the rest", () => {
    expect(settingsOnly(environment)).toEqual({ BERTH_PORT: '5001' });
    expect(withoutSettings(environment)).toEqual({ PATH: '/bin', OTHER: 'x' });
  });
});
