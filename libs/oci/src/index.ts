export { isRepositoryName, maxRepositoryNameLength, parseRepositoryName } from './repository-name.js';
export type { RepositoryName } from './repository-name.js';
export { algorithmOf, hexOf, isDigest, isDigestAlgorithm, parseDigest } from './digest.js';
export type { Digest, DigestAlgorithm } from './digest.js';
export { createDigester, digestOf } from './digester.js';
export type { Digester } from './digester.js';
export { formatReference, isTag, parseReference, parseTag } from './reference.js';
export type { Reference, Tag } from './reference.js';
export { ociCodes, ociError } from './oci-error.js';
export type { OciCode, OciErrorCode, OciErrorFields } from './oci-error.js';
export { isManifestMediaType, isMediaType, isNonDistributable, manifestMediaTypes } from './media-types.js';
export type { ManifestMediaType } from './media-types.js';
export type { Descriptor } from './descriptor.js';
export { maxManifestBytes, parseManifest, referrerArtifactTypeOf } from './manifest.js';
export type { Manifest, ManifestBytes } from './manifest.js';
export { referrerDescriptor, referrersIndex } from './referrers.js';
export type { ReferrerDescriptor, ReferrersIndex, StoredReferrer } from './referrers.js';
export { parseUploadId } from './upload-id.js';
export type { UploadId } from './upload-id.js';
export { parseDataPlaneRoute } from './parse-data-plane-route.js';
export type { DataPlaneRequest } from './parse-data-plane-route.js';
export type {
  BaseRoute,
  BlobRoute,
  CatalogRoute,
  DataPlaneRoute,
  ManifestQuery,
  ManifestRoute,
  PageQuery,
  ReferrersQuery,
  ReferrersRoute,
  StartUploadQuery,
  StartUploadRoute,
  TagsRoute,
  UnsupportedRoute,
  UploadQuery,
  UploadRoute,
} from './data-plane-route.js';
export { formatChallenge } from './challenge.js';
export type { Challenge } from './challenge.js';
