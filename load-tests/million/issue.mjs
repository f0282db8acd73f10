import { Agent, request } from 'node:http';

const scope = encodeURIComponent('repository:fleet/firmware:pull');

/**
 * Asks for access tokens, one behind the other on each connection, each with a credential drawn at random.
 *
 * @returns {Promise<{ requests: number, p50Ms: number, p99Ms: number }>}
 * @throws when one is refused
 */
export async function issueAtRandom({ url, service, credentials, connections, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const path = `/oauth2/token?service=${service}&scope=${scope}`;
  const times = [];
  const endsAt = performance.now() + seconds * 1000;
  const goOn = async () => {
    while (performance.now() < endsAt) {
      const { name, password } = credentials[Math.floor(Math.random() * credentials.length)];
      const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
      const sentAt = performance.now();
      await statusOf(`${url}${path}`, { agent, headers: { authorization } });
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, goOn));
  agent.destroy();
  times.sort((a, b) => a - b);
  const percentile = (share) => Number((times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(2));
  return { requests: times.length, p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}

function statusOf(url, options) {
  return new Promise((resolve, reject) => {
    const asking = request(url, options, (answer) => {
      answer.resume();
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`a log-in answered ${answer.statusCode}`));
      });
    });
    asking.on('error', reject);
    asking.end();
  });
}
