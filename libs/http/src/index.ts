export { createService, type ServiceOptions } from './create-service.js';
export { startService, type StartOptions } from './start-service.js';
export {
  SERVICE_SURFACE,
  type DataPlaneGate,
  type ManagementTokens,
  type ReadinessCheck,
  type RefusedToken,
  type ServiceSurface,
} from './service-surface.js';
export {
  ForCaller,
  ForCallerOfService,
  ForDataPlane,
  InternalOnly,
  OpenToAll,
  Route,
  type RouteAccess,
  type RouteDeclaration,
} from './declarations.js';
export { CallerParam, type Caller } from './caller.js';
export {
  clientAddress,
  clientCertificateHeader,
  isTrustedHop,
  trustedProxies,
  type TrustedHops,
} from './client-address.js';
export { internalHeader, isInternal, type InternalKeys } from './internal-key.js';
export { InternalClient, type InternalCall, type InternalClientOptions } from './internal-client.js';
export { statusOf } from './status.js';
export { unknownAddress } from './unknown-address.js';
export { errorFormOf, type ErrorAnswer, type ErrorForm } from './error-forms.js';
export { decodeCursor, encodeCursor, pageOf, pageQuery, toPage, type Page } from './page.js';
export { apiDescriptionPath } from './openapi/add-api-description.js';
export type { ApiOperation, ApiPaths } from './openapi/describe-api.js';
export { originOf, type EntryOrigin } from './entry-origin.js';
export { TokenBuckets, tooManyRequests, type TokenBucketsOptions } from './limits/token-buckets.js';
export { requestSource } from './limits/request-source.js';
export { RefusedEntries, summaryReason, type RefusedEntriesOptions } from './limits/refused-entries.js';
export { dropCookie, readCookie, sessionCookie, setCookie, type Cookie } from './cookies.js';
export { refuseOtherSites, requireOwnPage } from './own-pages.js';
export { EgressAllow } from './egress/egress-allow.js';
export { egressAddress } from './egress/egress-address.js';
export {
  EgressClient,
  type EgressAnswer,
  type EgressClientOptions,
  type EgressFailure,
  type EgressRequest,
} from './egress/egress-client.js';
export { throwAwayRest } from './unwanted-body.js';
