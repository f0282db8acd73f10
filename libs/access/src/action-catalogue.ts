import { managedThings } from './action.js';
import type { Action, ActionRow } from './action.js';

const registries = 'Microsoft.ContainerRegistry/registries/';
const repositories = `${registries}repositories/`;
const authorization = 'Microsoft.Authorization/';
const ibm = 'container-registry.';
const policiesRead = `${registries}policies/read`;
const policiesWrite = `${registries}policies/write`;

const inAzure: ReadonlySet<string> = new Set(['scopeMaps', 'tokens']);
/** Written wherever the scope of the grant is, so at a single repository too. */
const grants: ReadonlySet<string> = new Set(['roleAssignments', 'roleDefinitions', 'accessPolicies']);

type Spellings = Partial<Omit<ActionRow, 'action' | 'repositoryScoped' | 'level'>>;

/**
 * Every action with its spellings. No spelling stands for two actions; a wider action of another language also covers the
 * rows that name it in `within`.
 *
 * @source Azure Container Registry permissions reference (actions and data actions); IBM Cloud Container Registry IAM
 *   actions, tables 3 and 4; Docker registry token scopes
 */
export const actionCatalogue: readonly ActionRow[] = [
  ...ofImages(),
  ...ofStates(),
  ...ofNamespaces(),
  ...ofRegistries(),
];

function ofImages(): ActionRow[] {
  return [
    scopeMapped('content/read', {
      docker: 'pull',
      acrRole: `${registries}pull/read`,
      ibm: `${ibm}image.pull`,
      aliases: [`${repositories}content/read`],
    }),
    scopeMapped('content/write', {
      docker: 'push',
      acrRole: `${registries}push/write`,
      ibm: `${ibm}image.push`,
      aliases: [`${repositories}content/write`],
    }),
    scopeMapped('content/delete', {
      docker: 'delete',
      acrRole: `${registries}artifacts/delete`,
      ibm: `${ibm}image.delete`,
      aliases: [`${repositories}content/delete`],
    }),
    scopeMapped('metadata/read', {
      docker: 'metadata_read',
      acrRole: `${registries}metadata/read`,
      ibm: `${ibm}image.inspect`,
      aliases: [`${repositories}metadata/read`],
    }),
    scopeMapped('metadata/write', {
      docker: 'metadata_write',
      acrRole: `${registries}metadata/write`,
      aliases: [`${repositories}metadata/write`],
    }),
  ];
}

/** What is known of images beside their content: signed, quarantined, listed, deleted, scanned. */
function ofStates(): ActionRow[] {
  return [
    scopeMapped('signature/write', {
      docker: 'sign',
      acrRole: `${registries}sign/write`,
      aliases: [`${registries}trustedCollections/write`],
      within: [`${ibm}image.push`],
    }),
    onContent('quarantine/read', {
      docker: 'quarantine_read',
      acrRole: `${registries}quarantine/read`,
      aliases: [`${registries}quarantinedArtifacts/read`],
    }),
    onContent('quarantine/write', {
      docker: 'quarantine_write',
      acrRole: `${registries}quarantine/write`,
      aliases: [`${registries}quarantinedArtifacts/write`],
    }),
    onContent('catalog/list', {
      acrRole: `${registries}catalog/read`,
      ibm: `${ibm}image.list`,
      aliases: ['registry:catalog:*'],
    }),
    onContent('trash/read', { acrRole: `${registries}deleted/read`, within: [`${ibm}image.list`] }),
    onContent('trash/restore', {
      acrRole: `${registries}deleted/restore`,
      aliases: [`${registries}deleted/restore/action`],
      within: [`${ibm}image.push`],
    }),
    onContent('trash/purge', {}),
    onContent('vulnerabilityReports/write', {}),
  ];
}

function ofNamespaces(): ActionRow[] {
  const onNamespace = (action: Action, spellings: Spellings) => row(action, 'namespace', spellings);
  return [
    onNamespace('namespaces/list', { ibm: `${ibm}namespace.list` }),
    onNamespace('namespaces/write', { ibm: `${ibm}namespace.create` }),
    onNamespace('namespaces/delete', { ibm: `${ibm}namespace.delete` }),
    onNamespace('retention/read', {
      acrRole: policiesRead,
      ibm: `${ibm}retention.get`,
      aliases: [`${ibm}retention.list`],
    }),
    onNamespace('retention/analyze', { ibm: `${ibm}retention.analyze`, within: [policiesRead, policiesWrite] }),
    onNamespace('retention/write', { ibm: `${ibm}retention.set`, within: [policiesWrite] }),
  ];
}

function ofRegistries(): ActionRow[] {
  const read = `${registries}read`;
  const write = `${registries}write`;
  return [
    onRegistry('network/read', { ibm: `${ibm}auth.get`, within: [policiesRead] }),
    onRegistry('network/write', { ibm: `${ibm}auth.set`, within: [policiesWrite] }),
    onRegistry('enforcement/write', { within: [`${ibm}auth.set`, policiesWrite] }),
    onRegistry('exemptions/read', { ibm: `${ibm}exemption.list` }),
    onRegistry('exemptions/write', { ibm: `${ibm}exemption.manager` }),
    onRegistry('plan/read', { ibm: `${ibm}plan.get`, within: [read] }),
    onRegistry('plan/write', { ibm: `${ibm}plan.set`, within: [write] }),
    onRegistry('quota/read', { ibm: `${ibm}quota.get`, within: [read] }),
    onRegistry('quota/write', { ibm: `${ibm}quota.set`, within: [write] }),
    onRegistry('settings/read', { ibm: `${ibm}settings.get`, within: [read] }),
    onRegistry('settings/write', { ibm: `${ibm}settings.set`, within: [write] }),
    onRegistry('policies/write', { acrRole: policiesWrite }),
    onRegistry('registries/read', { acrRole: read }),
    onRegistry('registries/write', { acrRole: write }),
    onRegistry('registries/create', { acrRole: `${registries}create` }),
    onRegistry('registries/delete', { acrRole: `${registries}delete` }),
    onRegistry('registries/importImage/action', {
      acrRole: `${registries}importImage/action`,
      aliases: ['importImage/action'],
    }),
    onRegistry('fleetKeys/export', {}),
    onRegistry('trustKeys/write', {}),
    onRegistry('audit/read', {}),
    onRegistry('audit/export', {}),
    onRegistry('decisions/readAny', {}),
    ...managedThings.flatMap((thing) => [
      managed(`${thing}/read`),
      managed(`${thing}/write`),
      managed(`${thing}/delete`),
    ]),
  ];
}

function managed(action: Action): ActionRow {
  const thing = action.slice(0, action.indexOf('/'));
  if (grants.has(thing)) return row(action, 'repository', { acrRole: authorization + action });
  return onRegistry(action, inAzure.has(thing) ? { acrRole: registries + action } : {});
}

function scopeMapped(action: Action, spellings: Spellings): ActionRow {
  return onContent(action, { ...spellings, acrScopeMap: action });
}

function onContent(action: Action, spellings: Spellings): ActionRow {
  return { ...row(action, 'repository', spellings), repositoryScoped: true };
}

function onRegistry(action: Action, spellings: Spellings): ActionRow {
  return row(action, 'registry', spellings);
}

function row(action: Action, level: ActionRow['level'], spellings: Spellings): ActionRow {
  const none = { docker: null, acrScopeMap: null, acrRole: null, ibm: null, aliases: [], within: [] };
  return { action, ...none, ...spellings, repositoryScoped: false, level };
}
