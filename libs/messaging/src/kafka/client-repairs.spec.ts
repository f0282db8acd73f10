import { describe, expect, it, vi } from 'vitest';
import { EventProducer } from './event-producer.js';
import { createTopic, logger, testKafka } from './kafka.suite.js';

describe('the repaired client', () => {
  it('sets no timer while a connection has nothing to send', async () => {
    const topic = await createTopic('work');
    const producer = new EventProducer(testKafka(), logger);
    producer.start();
    const messages = [{ key: 'k', value: Buffer.from('v') }];
    await vi.waitFor(() => producer.send({ topic: topic.name, messages }), { timeout: 10_000, interval: 20 });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const idle = Promise.withResolvers<void>();
    let ticks = 0;
    const ticking = setInterval(() => {
      ticks += 1;
      if (ticks === 20) idle.resolve();
    }, 10);
    await idle.promise;
    clearInterval(ticking);
    expect(timers.mock.calls.length).toBe(0);
    timers.mockRestore();
    await producer.stop();
  });

  it('sends what had to wait for the request before it', async () => {
    const topic = await createTopic('work');
    const producer = new EventProducer(testKafka(), logger);
    producer.start();
    const messages = [{ key: 'k', value: Buffer.from('v') }];
    const send = () => producer.send({ topic: topic.name, messages });
    await vi.waitFor(send, { timeout: 10_000, interval: 20 });
    await Promise.all(Array.from({ length: 100 }, send));
    await producer.stop();
  });
});
