import { inject } from 'vitest';
import { ManagementClient } from './management-client.js';
import './provided-context.js';
import type { TestPlatform } from './test-platform.js';

/** A Berth that specs use without stopping any of it. */
export type ReachablePlatform = Pick<TestPlatform, 'origin' | 'loginServer' | 'admin' | 'management'>;

/** The run's platform, and the identity provider that people log in to it with. */
export type SharedPlatform = ReachablePlatform & { readonly providerUrl: string };

/**
 * The platform that a run's set-up has started. Specs share it: each takes repositories, tokens and scope maps of its own
 * names, and leaves the services alone; one that stops or counts takes `startTestPlatform`.
 */
export function sharedPlatform(): SharedPlatform {
  const { origin, loginServer, admin, providerUrl } = inject('sharedPlatform');
  return { origin, loginServer, admin, providerUrl, management: new ManagementClient(origin, admin) };
}
