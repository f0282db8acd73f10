import { join } from 'node:path';
import process from 'node:process';
import { readInternalKeys } from '@berth/config';
import { errorMessage } from '@berth/errors';
import { LocalProcess, type ProcessPlan } from './local-process.js';
import { ProcessRecords } from './process-records.js';
import { services, urlOf, type Instance } from './services.js';

/** What Node is started with for every program of the platform. */
export const nodeFlags = ['--disable-warning=TimeoutNegativeWarning', '--enable-source-maps'];

/** One process of a service. It keeps its port and its name when it is started again. */
export class ServiceProcess extends LocalProcess {
  constructor(
    plan: ProcessPlan,
    /** Its own address, not the origin's. */
    readonly url: string,
  ) {
    super(plan);
  }

  /** The same as its name: `registry-1`. */
  get instance(): string {
    return this.name;
  }
}

/** What a service's process is made from. */
export interface ServicePlan {
  readonly dataDir: string;
  /** The folder that holds `apps/<service>/dist/main.js`. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A service's process that is not started yet. Ready is when `GET /health/ready` answers 200, within 90 s. */
export function serviceProcess(instance: Instance, { dataDir, root, env }: ServicePlan): ServiceProcess {
  const url = urlOf(instance);
  const health = new HealthCheck(`${url}/health/ready`, env['BERTH_INTERNAL_KEY_FILE'] ?? '');
  const plan: ProcessPlan = {
    name: instance.name,
    command: {
      command: process.execPath,
      args: [...nodeFlags, join(root, 'apps', instance.service, 'dist/main.js')],
      env,
      logFile: join(dataDir, 'logs', `${instance.name}.log`),
    },
    isReady: () => health.isReady(),
    lastAnswer: () => (health.lastAnswer === '' ? '' : ` (${health.lastAnswer})`),
    readyWithinMs: 90_000,
    stopSignal: 'SIGTERM',
    stopOrder: services.indexOf(instance.service),
    records: new ProcessRecords(join(dataDir, 'run')),
  };
  return new ServiceProcess(plan, url);
}

class HealthCheck {
  lastAnswer = '';

  constructor(
    private readonly url: string,
    private readonly internalKeyFile: string,
  ) {}

  async isReady(): Promise<boolean> {
    try {
      // The gateway's health is on the origin, where it answers only to who knows the internal key.
      const [key = ''] = readInternalKeys(this.internalKeyFile);
      const headers = { 'berth-internal': key };
      const answer = await fetch(this.url, { headers, signal: AbortSignal.timeout(2_000) });
      this.lastAnswer = `${answer.status} ${(await answer.text()).slice(0, 500)}`;
      return answer.status === 200;
    } catch (error) {
      this.lastAnswer = errorMessage(error);
      return false;
    }
  }
}
