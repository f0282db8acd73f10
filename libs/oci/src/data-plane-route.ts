import type { Digest, DigestAlgorithm } from './digest.js';
import type { Reference, Tag } from './reference.js';
import type { RepositoryName } from './repository-name.js';
import type { UploadId } from './upload-id.js';

/** Query of a list: `n` entries after `last`. null = not given. */
export interface PageQuery {
  /** Entries wanted, 0 to 10^15: the endpoint puts its own limit on it. */
  readonly n: number | null;
  /** The last entry of the page before, as the client sent it: decoded, 1 to 1,024 printable ASCII characters. Echo it only encoded. */
  readonly last: string | null;
}

/** Query of a manifest: what a PUT by digest shall be known by. Of any other request nothing is read. */
export interface ManifestQuery {
  /** As the client named them, none twice, at most 10. */
  readonly tags: readonly Tag[];
}

/** Query of a new upload. null = not given. */
export interface StartUploadQuery {
  /** Given for a monolithic upload: the body is the whole blob. */
  readonly digest: Digest | null;
  readonly mount: Digest | null;
  readonly from: RepositoryName | null;
  readonly digestAlgorithm: DigestAlgorithm | null;
}

/** Query of an upload in progress. null = not given. */
export interface UploadQuery {
  /** Given to finish the upload. */
  readonly digest: Digest | null;
}

/** Query of a list of referrers. null = not given. */
export interface ReferrersQuery extends PageQuery {
  readonly artifactType: string | null;
}

/** `/v2/` */
export interface BaseRoute {
  readonly endpoint: 'base';
  readonly method: 'GET' | 'HEAD';
}

/** `/v2/_catalog` */
export interface CatalogRoute {
  readonly endpoint: 'catalog';
  readonly method: 'GET';
  readonly query: PageQuery;
}

/** `/v2/<name>/manifests/<reference>` */
export interface ManifestRoute {
  readonly endpoint: 'manifest';
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly name: RepositoryName;
  readonly reference: Reference;
  readonly query: ManifestQuery;
}

/** `/v2/<name>/blobs/<digest>` */
export interface BlobRoute {
  readonly endpoint: 'blob';
  readonly method: 'GET' | 'HEAD' | 'DELETE';
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** `/v2/<name>/blobs/uploads/` */
export interface StartUploadRoute {
  readonly endpoint: 'start-upload';
  readonly method: 'POST';
  readonly name: RepositoryName;
  readonly query: StartUploadQuery;
}

/** `/v2/<name>/blobs/uploads/<id>` */
export interface UploadRoute {
  readonly endpoint: 'upload';
  readonly method: 'GET' | 'PATCH' | 'PUT' | 'DELETE';
  readonly name: RepositoryName;
  readonly uploadId: UploadId;
  readonly query: UploadQuery;
}

/** `/v2/<name>/tags/list` */
export interface TagsRoute {
  readonly endpoint: 'tags';
  readonly method: 'GET';
  readonly name: RepositoryName;
  readonly query: PageQuery;
}

/** `/v2/<name>/referrers/<digest>` */
export interface ReferrersRoute {
  readonly endpoint: 'referrers';
  readonly method: 'GET';
  readonly name: RepositoryName;
  readonly digest: Digest;
  readonly query: ReferrersQuery;
}

/** A known address with a method that it doesn't have: 405 UNSUPPORTED. `method` is one word as the client sent it. */
export interface UnsupportedRoute {
  readonly endpoint: 'unsupported';
  readonly method: string;
  /** null for `/v2/` and `/v2/_catalog`. */
  readonly name: RepositoryName | null;
  /** What the address does have, for the `Allow` header. */
  readonly allow: readonly string[];
}

/** Everything that `/v2/` can be asked for. */
export type DataPlaneRoute =
  | BaseRoute
  | CatalogRoute
  | ManifestRoute
  | BlobRoute
  | StartUploadRoute
  | UploadRoute
  | TagsRoute
  | ReferrersRoute
  | UnsupportedRoute;
