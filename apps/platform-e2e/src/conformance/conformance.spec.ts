import { beforeAll, describe } from 'vitest';
import { RegistryUnderTest } from './conformance.suite.js';
import { deleting } from './deleting.suite.js';
import { listingReferrers } from './listing-referrers.suite.js';
import { listingTags } from './listing-tags.suite.js';
import { mountingBlobs } from './mounting-blobs.suite.js';
import { pulling } from './pulling.suite.js';
import { pushingBlobs } from './pushing-blobs.suite.js';
import { pushingChunks } from './pushing-chunks.suite.js';
import { pushingManifests } from './pushing-manifests.suite.js';
import { pushingWithTags } from './pushing-with-tags.suite.js';

let started: RegistryUnderTest;

beforeAll(async () => {
  started = await RegistryUnderTest.start();
});

/** The specification section by section; one registry for all of it. */
describe('OCI distribution-spec', () => {
  const registry = () => started;
  pulling(registry);
  pushingBlobs(registry);
  pushingChunks(registry);
  mountingBlobs(registry);
  pushingManifests(registry);
  pushingWithTags(registry);
  listingTags(registry);
  listingReferrers(registry);
  deleting(registry);
});
