import { describe, expect, it } from 'vitest';
import { Metrics } from './metrics.js';

describe('metrics', () => {
  it('are kept apart between two of them in one process, and say who they are', async () => {
    const [one, two] = [new Metrics('identity', 'identity-1'), new Metrics('policy', 'policy-1')];
    one.counter({ name: 'berth_tokens_issued_total', help: 'Tokens issued.' }).inc(3);
    two.counter({ name: 'berth_tokens_issued_total', help: 'Tokens issued.' });
    expect(await one.text()).toContain('berth_tokens_issued_total{service="identity",instance="identity-1"} 3');
    expect(await two.text()).toContain('berth_tokens_issued_total{service="policy",instance="policy-1"} 0');
  });

  it('include those of the process, in the format that Prometheus reads', async () => {
    const metrics = new Metrics('identity', 'identity-1');
    expect(await metrics.text()).toMatch(/process_cpu_user_seconds_total{service="identity"/);
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('are asked for their numbers only when somebody reads them', async () => {
    const metrics = new Metrics('identity', 'identity-1');
    let value = 1;
    let reads = 0;
    const read = () => (reads++, value);
    metrics.gauge({ name: 'berth_outbox_unsent', help: 'Events not sent yet.', read });
    metrics.counter({
      name: 'berth_answers_total',
      help: 'x',
      labels: ['status'],
      read: () => [{ labels: { status: 200 }, value }],
    });
    expect(reads).toBe(0);
    await metrics.text();
    value = 5;
    const text = await metrics.text();
    expect(text).toMatch(/berth_outbox_unsent{[^}]*} 5/);
    expect(text).toMatch(/berth_answers_total{status="200",[^}]*} 5/);
    expect(reads).toBe(2);
  });

  it('count in histograms', async () => {
    const metrics = new Metrics('identity', 'identity-1');
    metrics.histogram({ name: 'berth_issue_seconds', help: 'x', buckets: [0.1, 1] }).observe(0.5);
    expect(await metrics.text()).toMatch(/berth_issue_seconds_bucket{le="1",[^}]*} 1/);
  });

  it('are refused under a name that is not ours', () => {
    expect(() => new Metrics('a', 'b').counter({ name: 'tokens', help: 'x' })).toThrow(/berth_<what>/);
  });
});
