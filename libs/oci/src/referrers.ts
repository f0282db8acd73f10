import { manifestMediaTypes } from './media-types.js';

/** A manifest that refers to another one, as it is stored. */
export interface StoredReferrer {
  readonly mediaType: string;
  readonly digest: string;
  readonly sizeBytes: number;
  /** A manifest that was checked when it was pushed. */
  readonly content: Uint8Array;
}

/** One entry of a list of referrers. @source OCI image-spec 1.1 "Content Descriptors" */
export interface ReferrerDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Described {
  readonly artifactType?: string | null;
  readonly config?: { readonly mediaType: string };
  readonly annotations?: Readonly<Record<string, string>> | null;
}

/**
 * What a list of referrers says about a manifest: its own artifact type (or that of its config), and its annotations.
 *
 * @source OCI distribution-spec 1.1 "Listing Referrers"
 */
export function referrerDescriptor({ mediaType, digest, sizeBytes, content }: StoredReferrer): ReferrerDescriptor {
  // Its form was checked when it was pushed.
  const { artifactType, config, annotations } = JSON.parse(Buffer.from(content).toString('utf8')) as Described;
  const type = artifactType || config?.mediaType;
  return {
    ...{ mediaType, digest, size: sizeBytes },
    ...(type === undefined ? {} : { artifactType: type }),
    ...(annotations === undefined || annotations === null ? {} : { annotations }),
  };
}

/** A list of referrers as it is answered. */
export interface ReferrersIndex {
  readonly mediaType: string;
  /** Bytes, not text: to text an HTTP server adds a charset, and clients compare the media type as a whole. */
  readonly document: Buffer;
}

/** The document that lists referrers: an image index. @source OCI distribution-spec 1.1 "Listing Referrers" */
export function referrersIndex(manifests: readonly ReferrerDescriptor[]): ReferrersIndex {
  const mediaType = manifestMediaTypes.ociIndex;
  return { mediaType, document: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests })) };
}
