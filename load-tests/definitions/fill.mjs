import { atOnce } from './api.mjs';

/** As many as a pipeline or a plant typically has. */
const perPrincipal = 100;

/**
 * Gives service IDs roles on repositories, one POST each: there is no other way to write them that the audit log would see.
 *
 * @returns {Promise<{ principals: number, assignments: number, perSecond: number }>}
 */
export async function fillWithAssignments(api, { assignments, connections }) {
  const principals = Math.ceil(assignments / perPrincipal);
  const run = Date.now().toString(36);
  const ids = [];
  await atOnce(principals, { connections }, async (n) => {
    ids[n] = (await api.do('POST', '/service-ids', { name: `load-${run}-${n}` })).id;
  });
  const startedAt = performance.now();
  await atOnce(assignments, { connections }, async (n) => {
    const scope = `/registries/local/repositories/load/team-${n % perPrincipal}/app-${Math.floor(n / perPrincipal)}`;
    await api.do('POST', '/role-assignments', {
      principal: `service:${ids[Math.floor(n / perPrincipal)]}`,
      role: 'AcrPull',
      scope,
    });
  });
  const seconds = (performance.now() - startedAt) / 1000;
  return { principals, assignments, perSecond: Math.round(assignments / seconds) };
}
