import type { Action } from './action.js';
import { parseAction } from './action-spelling.js';

/** One operation of IBM's documents and what it needs. */
export interface IbmOperation {
  readonly id: string;
  readonly operation: string;
  /** All of these, on the same thing. */
  readonly needs: readonly Action[];
}

/** Number, operation and IBM actions behind `container-registry.`, in the order of the source document. */
const rows: readonly (readonly [string, string])[] = [
  ['cr private-only (check)', 'auth.get'],
  ['cr private-only (set)', 'auth.set'],
  ['cr iam-policies-enable', 'auth.set'],
  ['cr exemption-list', 'exemption.list'],
  ['cr exemption-types', 'exemption.list'],
  ['cr exemption-add', 'exemption.manager'],
  ['cr exemption-rm', 'exemption.manager'],
  ['cr namespace-add', 'namespace.create'],
  ['cr namespace-assign', 'namespace.create'],
  ['cr namespace-rm', 'namespace.delete'],
  ['cr plan', 'plan.get'],
  ['cr plan-upgrade', 'plan.set'],
  ['cr quota', 'quota.get'],
  ['cr quota-set', 'quota.set'],
  ['cr platform-metrics (get)', 'settings.get'],
  ['cr platform-metrics (set)', 'settings.set'],
  ['docker trust revoke', 'image.delete'],
  ['cr image-prune-untagged', 'image.delete image.list'],
  ['cr image-rm', 'image.delete'],
  ['cr image-untag', 'image.delete'],
  ['cr retention-policy-set', 'image.delete retention.analyze retention.set'],
  ['cr retention-run', 'image.delete retention.analyze'],
  ['cr image-inspect', 'image.inspect'],
  ['cr manifest-inspect', 'image.inspect'],
  ['cr image-digests', 'image.list'],
  ['cr image-list', 'image.list'],
  ['cr trash-list', 'image.list'],
  ['docker pull', 'image.pull'],
  ['docker trust inspect', 'image.pull'],
  ['cr image-tag', 'image.pull image.push'],
  ['cr vulnerability-assessment', 'image.pull'],
  ['docker push', 'image.push'],
  ['docker trust sign', 'image.push'],
  ['cr image-restore', 'image.push'],
  ['cr namespace-list', 'namespace.list'],
  ['view the retention policy of a namespace', 'retention.get'],
  ['cr retention-policy-list', 'retention.list'],
];

/** What an operation acts on where that is an action of Berth's own, which lies within IBM's. */
const narrower: ReadonlyMap<string, readonly Action[]> = new Map<string, readonly Action[]>([
  ['cr iam-policies-enable', ['enforcement/write']],
  ['cr trash-list', ['trash/read']],
  ['docker trust sign', ['signature/write']],
  ['cr image-restore', ['trash/restore']],
]);

/**
 * The 37 operations of IBM Cloud Container Registry with the actions that each needs, all on the same namespace.
 *
 * @source IBM Cloud Container Registry "Managing IAM access", tables 3 and 4
 */
export const ibmOperations: readonly IbmOperation[] = rows.map(([operation, names], at) => ({
  id: `S4-OP${String(at + 1).padStart(2, '0')}`,
  operation,
  needs: narrower.get(operation) ?? needsOf(names),
}));

function needsOf(names: string): Action[] {
  return names.split(' ').flatMap((name) => parseAction(`container-registry.${name}`) ?? []);
}
