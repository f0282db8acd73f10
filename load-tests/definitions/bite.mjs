const name = 'load-bite';
const kept = 'load/kept';
const taken = 'load/taken';
const linesOf = (repositories) => repositories.map((repository) => `repositories/${repository}/content/read`);

/**
 * Each kind of grant: gives somebody a repository, takes it away, and asks the registry, with an access token of before,
 * until it refuses.
 *
 * @returns {Promise<Record<string, { changes: number, p50Ms: number, p99Ms: number, mostMs: number }>>} from sending the
 *   change on
 */
export async function measureBite({ api, endpoints, changes }) {
  const measured = {};
  for (const [kind, prepare] of Object.entries({ scopeMap, roleAssignment, accessPolicy })) {
    const grant = await prepare(api);
    const login = {
      endpoints,
      authorization: `Basic ${Buffer.from(`${grant.user}:${grant.password}`).toString('base64')}`,
    };
    const times = [];
    for (let n = 0; n < changes; n += 1) times.push(await measureOne({ endpoints, login, grant }));
    await grant.end();
    measured[kind] = { changes, ...percentilesOf(times) };
  }
  return measured;
}

async function measureOne({ endpoints, login, grant }) {
  await grant.give();
  const token = await tokenThatOpens(login);
  const sentAt = performance.now();
  await grant.take();
  while ((await statusOf(endpoints, token)) !== 401);
  return performance.now() - sentAt;
}

async function scopeMap(api) {
  const path = `/registries/local/scope-maps/${name}`;
  await api.do('PUT', path, { actions: linesOf([kept]) });
  await api.do('PUT', `/registries/local/tokens/${name}`, { scopeMap: name });
  const { password } = await api.do('POST', `/registries/local/tokens/${name}/passwords`, { slot: 1 });
  return {
    ...{ user: name, password },
    give: () => api.do('PATCH', path, { actions: linesOf([kept, taken]) }),
    take: () => api.do('PATCH', path, { actions: linesOf([kept]) }),
    end: async () => {
      await api.do('DELETE', `/registries/local/tokens/${name}`);
      await api.do('DELETE', path);
    },
  };
}

function roleAssignment(api) {
  const scope = `/registries/local/repositories/${taken}`;
  return serviceWith(api, '/role-assignments', (id) => ({ principal: `service:${id}`, role: 'AcrPull', scope }));
}

function accessPolicy(api) {
  const target = { serviceName: 'container-registry', resourceType: 'namespace', resource: taken.split('/')[0] };
  return serviceWith(api, '/access-policies', (id) => ({ subject: `service:${id}`, roles: ['Reader'], target }));
}

async function serviceWith(api, path, grantTo) {
  const user = `${name}-${Date.now().toString(36)}`;
  const { id } = await api.do('POST', '/service-ids', { name: user });
  const { apiKey: password } = await api.do('POST', `/service-ids/${id}/api-keys`, {});
  let given = null;
  return {
    ...{ user, password },
    give: async () => {
      given = (await api.do('POST', path, grantTo(id))).id;
    },
    take: () => api.do('DELETE', `${path}/${given}`),
    end: () => api.do('DELETE', `/service-ids/${id}`),
  };
}

/** What was given has to reach identity first. */
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
  throw new Error('a repository was given 10 s ago, and the token still opens nothing');
}

/** 404: let in, and there is no such tag. */
async function statusOf(endpoints, token) {
  const answer = await fetch(`${endpoints.registry}/v2/${taken}/manifests/none`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.body?.cancel();
  return answer.status;
}

function percentilesOf(times) {
  times.sort((a, b) => a - b);
  const percentile = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]);
  return { p50Ms: percentile(0.5), p99Ms: percentile(0.99), mostMs: percentile(1) };
}
