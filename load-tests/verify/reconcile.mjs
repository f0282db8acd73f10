/** What one device leaves in the audit log when it logs in and pulls once. */
const perDevice = ['token-issued', 'pull', 'blob-pull'];

/**
 * Reads the audit log from `from` on until each device stands in it, and counts: no gap, no double.
 *
 * @param {{ origin: string, password: string, from: string, devices: number, withinMs?: number }} run
 * @returns {Promise<{ complete: boolean, devices: number, missing: number, doubled: number, entries: number, drainedMs: number }>}
 */
export async function reconcile({ origin, password, from, devices, withinMs = 60_000 }) {
  const endedAt = performance.now();
  for (;;) {
    const counted = count(await readEntries({ origin, password, from }), devices);
    const drainedMs = Math.round(performance.now() - endedAt);
    if (counted.missing === 0 || drainedMs > withinMs) {
      return { complete: counted.missing === 0 && counted.doubled === 0, ...counted, drainedMs };
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function count(entries, devices) {
  const times = new Map();
  for (const { actor, event } of entries) {
    if (!actor.name.startsWith('device-') || !perDevice.includes(event)) continue;
    const key = `${actor.name} ${event}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  const doubled = [...times.values()].filter((n) => n > 1).length;
  return { devices, missing: devices * perDevice.length - times.size, doubled, entries: entries.length };
}

async function readEntries({ origin, password, from }) {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const entries = [];
  for (let after = ''; ;) {
    const query = new URLSearchParams({ from, limit: '1000', ...(after === '' ? {} : { after }) });
    const answer = await fetch(`${origin}/api/v1/audit/entries?${query}`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`the audit log answered ${answer.status}: ${await answer.text()}`);
    const { items, next } = await answer.json();
    entries.push(...items);
    if (next === null) return entries;
    after = next;
  }
}
