import type { EntryDraft } from '@berth/contracts';

/** An entry that its tag tells from others. */
export function entry(n: number, more: Partial<EntryDraft> = {}): EntryDraft {
  return {
    at: '2026-11-21T09:00:00.000Z',
    account: '01900000-0000-7000-8000-000000000001',
    event: 'pull',
    actor: { id: 'token:01900000-0000-7000-8000-00000000000a', name: 'device' },
    action: 'content/read',
    target: { repository: 'samples/hello-world', tag: `t${n}` },
    outcome: 'allowed',
    source: { address: '192.0.2.1', userAgent: 'docker/27' },
    service: 'registry',
    instance: 'registry-1',
    ...more,
  };
}
