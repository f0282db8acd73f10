import type { S3Options } from '@berth/blob-store';
import { filePath, httpUrl, originUrl, readSecretFile, wholeNumber } from '@berth/config';
import { AppError } from '@berth/errors';
import { z } from 'zod';

const onOrOff = z.enum(['on', 'off'], { error: 'is not usable; it must be on or off' });

/** The part of the environment that says in which bucket blobs lie; without a bucket they lie in the data folder. */
export const s3Environment = {
  BERTH_S3_BUCKET: z.string().min(1).nullable().default(null),
  /** Origin of the S3 server; left out: AWS itself. */
  BERTH_S3_ENDPOINT: originUrl.optional(),
  BERTH_S3_REGION: z.string().min(1).default('us-east-1'),
  /** In front of every object's name. */
  BERTH_S3_PREFIX: z.string().optional(),
  /** `host/bucket/key` instead of `bucket.host/key`; most servers other than AWS need it. */
  BERTH_S3_PATH_STYLE: onOrOff.default('on'),
  /** Both, or none: then the AWS SDK looks in its own environment and asks for the machine's role. */
  BERTH_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  BERTH_S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
  BERTH_S3_SECRET_ACCESS_KEY_FILE: filePath.optional(),
  /** How clients reach the S3 server, if not as Berth does. */
  BERTH_S3_PUBLIC_ENDPOINT: httpUrl.optional(),
  /** on: pulls of blobs are redirected to the bucket. off: they are streamed through the registry. */
  BERTH_S3_REDIRECT: onOrOff.default('on'),
  /** How long such an address may be used. */
  BERTH_S3_REDIRECT_SECONDS: wholeNumber({ least: 1, most: 300, unit: 'seconds' }).default(60),
} as const;

/** See {@link s3Environment}. */
export type S3Settings = z.infer<z.ZodObject<typeof s3Environment>>;

/**
 * What the S3 driver is opened with; null = no bucket is named.
 *
 * @throws AppError 'malformed' for half a credential
 */
export function s3OptionsOf(settings: S3Settings): S3Options | null {
  const { BERTH_S3_BUCKET: bucket, BERTH_S3_ENDPOINT: endpoint, BERTH_S3_PREFIX: prefix } = settings;
  if (bucket === null) return null;
  const publicEndpoint = settings.BERTH_S3_PUBLIC_ENDPOINT;
  return {
    ...{ bucket, region: settings.BERTH_S3_REGION, forcePathStyle: settings.BERTH_S3_PATH_STYLE === 'on' },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(publicEndpoint === undefined ? {} : { publicEndpoint }),
    ...credentialsOf(settings),
  };
}

function credentialsOf(settings: S3Settings): Pick<S3Options, 'credentials'> {
  const { BERTH_S3_ACCESS_KEY_ID: accessKeyId, BERTH_S3_SECRET_ACCESS_KEY_FILE: file } = settings;
  const secretAccessKey = file === undefined ? settings.BERTH_S3_SECRET_ACCESS_KEY : readSecretFile(file);
  if (accessKeyId === undefined && secretAccessKey === undefined) return {};
  if (accessKeyId !== undefined && secretAccessKey !== undefined)
    return { credentials: { accessKeyId, secretAccessKey } };
  const message = 'BERTH_S3_ACCESS_KEY_ID and BERTH_S3_SECRET_ACCESS_KEY (or _FILE) are set both or not at all';
  throw new AppError({ kind: 'malformed', message });
}
