import { describe, expect, it } from 'vitest';
import { javaComplaint, nodeComplaint } from './versions.mjs';

describe('nodeComplaint', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.21.0'])('takes Node %s', (version) => {
    expect(nodeComplaint(version)).toBeNull();
  });

  it.each(['20.18.9', '18.20.4', '8.0.0'])('refuses Node %s in one sentence', (version) => {
    expect(nodeComplaint(version)).toBe(
      `Berth needs Node 20.19 or newer to set itself up, and this is Node ${version}: install a newer one.`,
    );
  });
});

describe('javaComplaint', () => {
  it.each([
    'openjdk version "17.0.15" 2025-04-15',
    'java version "21" 2023-09-19',
    'openjdk version "25-ea" 2025-09-16',
    'Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.1"',
  ])('takes %s', (report) => {
    expect(javaComplaint(report)).toBeNull();
  });

  it.each(['java version "1.8.0_292"', 'openjdk version "11.0.2" 2019-01-15', 'something else'])(
    'refuses %s with the way out',
    (report) => {
      expect(javaComplaint(report)).toMatch(
        /^Java is too old .*: install Java 17 or newer, or set BERTH_KAFKA_BROKERS/,
      );
    },
  );

  it('says that Java is missing, with the way out', () => {
    expect(javaComplaint(null)).toMatch(/^Java is missing.*: install Java 17 or newer, or set BERTH_KAFKA_BROKERS/);
  });
});
