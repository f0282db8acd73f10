import { describe, expect, it } from 'vitest';
import { endpointsOf } from './endpoints.js';

const process = (port: number, pid: number) => ({ url: `http://127.0.0.1:${port}`, pid });

describe('endpointsOf', () => {
  it('has the shape that scripts rely on: the first replica of each service, and every pid', () => {
    const endpoints = endpointsOf({
      origin: 'http://localhost:5000',
      postgres: { url: 'postgres://berth:x@127.0.0.1:5432/berth', pids: [128] },
      kafka: { brokers: '127.0.0.1:9092', pids: [] },
      services: {
        gateway: [process(5000, 127)],
        registry: [process(1, 123), process(2, 133)],
        identity: [process(3, 124)],
        policy: [process(4, 125)],
        audit: [process(5, 126)],
      },
    });
    expect(endpoints).toEqual({
      origin: 'http://localhost:5000',
      registry: 'http://127.0.0.1:1',
      identity: 'http://127.0.0.1:3',
      policy: 'http://127.0.0.1:4',
      audit: 'http://127.0.0.1:5',
      postgres: 'postgres://berth:x@127.0.0.1:5432/berth',
      kafka: '127.0.0.1:9092',
      registries: { local: 'http://localhost:5000' },
      pids: {
        registry: [123, 133],
        identity: [124],
        policy: [125],
        audit: [126],
        gateway: [127],
        postgres: [128],
        kafka: [],
      },
    });
  });
});
