/** The manifest media types that Berth stores; any other is refused (Docker schema 1 included). */
export const manifestMediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** One of {@link manifestMediaTypes}. */
export type ManifestMediaType = (typeof manifestMediaTypes)[keyof typeof manifestMediaTypes];

/** Whether Berth stores manifests of this media type. */
export function isManifestMediaType(s: string): s is ManifestMediaType {
  return (
    s === manifestMediaTypes.ociManifest ||
    s === manifestMediaTypes.ociIndex ||
    s === manifestMediaTypes.dockerManifest ||
    s === manifestMediaTypes.dockerManifestList
  );
}

/** `type/subtype` and at most 4 parameters without quotes: safe in a header, at most about 1 KB. */
const mediaTypePattern =
  /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}(?:; ?[\w!#$&^.+-]{1,64}=[\w!#$&^.+-]{1,64}){0,4}$/i;

/** Whether `s` is a media type that can stand in a header. @source RFC 6838 section 4.2; parameters as sigstore has them */
export function isMediaType(s: string): boolean {
  return s.length <= 512 && mediaTypePattern.test(s);
}

/** Whether content of this type may be absent from the registry, because its licence forbids to distribute it. */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.v1.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.diff.')
  );
}
