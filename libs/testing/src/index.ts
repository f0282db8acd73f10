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
export { ClientHome, type ClientOwner } from './client-home.js';
export { contentFaults } from './content-faults.js';
export { readKafkaRecords, type KafkaRecord } from './kafka-records.js';
export { ManagementClient } from './management-client.js';
export { OciRepository, type OciAnswer, type OciRequest } from './oci-client.js';
export { writeOciLayout } from './oci-layout.js';
export { isInstalled, runCommand, type CommandOutcome } from './real-client.js';
export { sampleIndex, type SampleIndex } from './sample-index.js';
export { startS3Server, type S3Connection, type S3Server } from './s3-server.js';
export { oidcClient, TestProvider, visitProvider, type ProviderPerson } from './identity-provider.js';
export { canHaveOwnDisks, onOwnDisks, SeenDisk, type OwnDisk } from './own-disks.js';
export { sharedPlatform, type ReachablePlatform, type SharedPlatform } from './shared-platform.js';
export { freePort, startTestPlatform, type TestPlatform } from './test-platform.js';
export { waitFor, type Patience } from './wait-for.js';
