const name = 'load-bite';
const kept = 'load/kept';
const taken = 'load/taken';
const path = `/registries/local/scope-maps/${name}`;
const linesOf = (repositories) => repositories.map((repository) => `repositories/${repository}/content/read`);

/**
 * Takes a repository out of a scope map and asks the registry, with an access token of before, until it refuses.
 *
 * @returns {Promise<{ changes: number, p50Ms: number, p99Ms: number, mostMs: number }>} from sending the change on
 */
export async function measureBite({ api, endpoints, changes }) {
  await api.do('PUT', path, { actions: linesOf([kept, taken]) });
  await api.do('PUT', `/registries/local/tokens/${name}`, { scopeMap: name });
  const { password } = await api.do('POST', `/registries/local/tokens/${name}/passwords`, { slot: 1 });
  const login = { endpoints, authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
  const times = [];
  for (let n = 0; n < changes; n += 1) {
    await api.do('PATCH', path, { actions: linesOf([kept, taken]) });
    const token = await tokenThatOpens(login);
    const sentAt = performance.now();
    await api.do('PATCH', path, { actions: linesOf([kept]) });
    while ((await statusOf(endpoints, token)) !== 401);
    times.push(performance.now() - sentAt);
  }
  await api.do('DELETE', `/registries/local/tokens/${name}`);
  await api.do('DELETE', path);
  times.sort((a, b) => a - b);
  const percentile = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]);
  return { changes, p50Ms: percentile(0.5), p99Ms: percentile(0.99), mostMs: percentile(1) };
}

/** The widened scope map has to reach identity first. */
async function tokenThatOpens({ endpoints, authorization }) {
  const service = new URL(endpoints.origin).host;
  const url = `${endpoints.identity}/oauth2/token?service=${service}&scope=repository:${taken}:pull`;
  const endsAt = performance.now() + 10_000;
  while (performance.now() < endsAt) {
    const answer = await fetch(url, { headers: { authorization } });
    if (answer.status !== 200) throw new Error(`a log-in answered ${answer.status}: ${await answer.text()}`);
    const { token } = await answer.json();
    if ((await statusOf(endpoints, token)) === 404) return token;
  }
  throw new Error('the scope map was widened 10 s ago, and still opens nothing');
}

/** 404: let in, and there is no such tag. */
async function statusOf(endpoints, token) {
  const answer = await fetch(`${endpoints.registry}/v2/${taken}/manifests/none`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.body?.cancel();
  return answer.status;
}
