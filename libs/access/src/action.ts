/** What a principal may do, in Berth's own words. Other languages' spellings are in {@link actionCatalogue}. */
export type Action =
  | 'content/read'
  | 'content/write'
  | 'content/delete'
  | 'metadata/read'
  | 'metadata/write'
  | 'scopeMaps/read'
  | 'scopeMaps/write'
  | 'scopeMaps/delete'
  | 'tokens/read'
  | 'tokens/write'
  | 'tokens/delete'
  | 'registries/read'
  | 'audit/read';

/** One action and how it is spelled elsewhere; null = that language has no word for it. */
export interface ActionRow {
  readonly action: Action;
  /** In the scope of a Docker access token. */
  readonly docker: string | null;
  /** In a line of an ACR scope map. */
  readonly acrScopeMap: string | null;
  /** In an ACR role definition; Azure ignores case in it. */
  readonly acrRole: string | null;
  /** In IBM Cloud IAM. */
  readonly ibm: string | null;
  /** Whether it is done to one repository. If not, no scope map and no repository-level assignment grants it. */
  readonly repositoryScoped: boolean;
}

const azure = 'Microsoft.ContainerRegistry/registries/';
const ibmCloud = 'container-registry.image.';

/**
 * Every action with its spellings.
 *
 * @source Azure Container Registry permissions reference; IBM Cloud Container Registry IAM actions; Docker token scopes
 */
export const actionCatalogue: readonly ActionRow[] = [
  onRepository('content/read', { docker: 'pull', acrRole: 'pull/read', ibm: 'pull' }),
  onRepository('content/write', { docker: 'push', acrRole: 'push/write', ibm: 'push' }),
  onRepository('content/delete', { docker: 'delete', acrRole: 'artifacts/delete', ibm: 'delete' }),
  onRepository('metadata/read', { docker: 'metadata_read', acrRole: 'metadata/read', ibm: 'inspect' }),
  onRepository('metadata/write', { docker: 'metadata_write', acrRole: 'metadata/write', ibm: null }),
  management('scopeMaps/read', 'scopeMaps/read'),
  management('scopeMaps/write', 'scopeMaps/write'),
  management('scopeMaps/delete', 'scopeMaps/delete'),
  management('tokens/read', 'tokens/read'),
  management('tokens/write', 'tokens/write'),
  management('tokens/delete', 'tokens/delete'),
  management('registries/read', 'read'),
  management('audit/read', null),
];

interface RepositorySpellings {
  readonly docker: string;
  readonly acrRole: string;
  readonly ibm: string | null;
}

function onRepository(action: Action, { docker, acrRole, ibm }: RepositorySpellings): ActionRow {
  return {
    action,
    docker,
    acrScopeMap: action,
    acrRole: azure + acrRole,
    ibm: ibm === null ? null : ibmCloud + ibm,
    repositoryScoped: true,
  };
}

function management(action: Action, acrRole: string | null): ActionRow {
  return {
    action,
    docker: null,
    acrScopeMap: null,
    acrRole: acrRole === null ? null : azure + acrRole,
    ibm: null,
    repositoryScoped: false,
  };
}
