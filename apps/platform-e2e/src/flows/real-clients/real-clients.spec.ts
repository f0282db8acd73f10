import { afterAll, beforeAll, describe } from 'vitest';
import { cosign } from './cosign.suite.js';
import { crane } from './crane.suite.js';
import { helm } from './helm.suite.js';
import { oras } from './oras.suite.js';
import { regctl } from './regctl.suite.js';
import { RegistryOfClients } from './registry-of-clients.suite.js';
import { skopeo } from './skopeo.suite.js';

let started: RegistryOfClients;

beforeAll(async () => {
  started = await RegistryOfClients.start();
});
afterAll(() => started?.stop());

/** What people have installed, each as it comes, with a token of a scope map; one registry for all of them. */
describe('real clients', () => {
  const registry = () => started;
  skopeo(registry);
  crane(registry);
  regctl(registry);
  oras(registry);
  helm(registry);
  cosign(registry);
});
