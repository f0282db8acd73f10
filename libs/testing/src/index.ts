export { createTestDatabase, type TestDatabase } from './test-database.js';
export {
  basic,
  DockerClient,
  pullManifest,
  pushImage,
  sampleImage,
  type Login,
  type SampleImage,
} from './docker-client.js';
export { ManagementClient } from './management-client.js';
export { writeOciLayout } from './oci-layout.js';
export { isInstalled, runCommand, type CommandOutcome } from './real-client.js';
export { freePort, startTestPlatform, type TestPlatform } from './test-platform.js';
export { waitFor, type Patience } from './wait-for.js';
