const oldestNode = [20, 19];
const oldestJava = 17;

/**
 * @param {string} version as `process.versions.node` has it
 * @returns {string | null} one sentence when this Node is too old
 */
export function nodeComplaint(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `Berth needs Node ${oldestNode.join('.')} or newer to set itself up, and this is Node ${version}: install a newer one.`;
}

/**
 * @param {string | null} report what `java -version` printed; null when there is no such command
 * @returns {string | null} one sentence when Java is missing or too old
 */
export function javaComplaint(report) {
  const wayOut = `install Java ${oldestJava} or newer, or set BERTH_KAFKA_BROKERS to a Kafka of yours.`;
  if (report === null) return `Java is missing, which Kafka runs on: ${wayOut}`;
  const version = /version "([^"]+)"/.exec(report)?.[1] ?? '';
  // Up to 8 Java called itself 1.x.
  const major = Number(/^(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0);
  return major >= oldestJava ? null : `Java is too old for Kafka (${version || 'unknown version'}): ${wayOut}`;
}
