import { isRepositoryPattern, namespaceOf } from '@berth/access';
import { principalRef, storableText } from '@berth/contracts';
import { z } from 'zod';
import { namespaceName } from './namespace.js';
import { regionName, resourceGroupName } from './registry-content.js';

/** `<kind>:<id>`; left out = whoever asks. */
const principal = storableText(300).refine(isPrincipal, 'must be <kind>:<id>').optional();

/** What a question is about, in the words of the API. */
const place = {
  /** Any spelling of the action catalogue. */
  action: storableText(200).min(1),
  /** The registry's name; left out = the account, or a region or resource group of it. */
  registry: storableText(1024).min(1).optional(),
  namespace: namespaceName.optional(),
  /** A name, or a prefix such as `team/*`, which is allowed only as a whole. */
  repository: z
    .string()
    .refine(isRepositoryPattern, 'must be a repository name, a prefix such as team/* or *')
    .optional(),
  region: regionName.optional(),
  resourceGroup: resourceGroupName.optional(),
} as const;

/** Facts of the use, where networks or tags matter. */
const facts = {
  address: z.union([z.ipv4(), z.ipv6()]).optional(),
  tags: z
    .array(z.string().regex(/^\w[\w.-]{0,127}$/, 'must be a tag'))
    .max(16)
    .optional(),
  /** Whether a tag that is there would be pointed at something else. */
  movesTag: z.boolean().optional(),
} as const;

/** One question. */
export const decisionRequest = checked(z.strictObject({ principal, ...place, ...facts }));

/** A question about everybody: without a principal. */
export const holdersRequest = checked(
  z.strictObject({
    ...place,
    ...facts,
    /** The name of a scope map of the registry: list its tokens and fleets. */
    scopeMap: storableText(300).min(1).optional(),
    limit: z.int().min(1).max(1000).default(100),
    after: z.string().min(1).max(600).optional(),
  }),
);

/** What one principal may do. */
export const permissionsRequest = z.strictObject({
  principal,
  /** The registry's name; left out = in all of the account. */
  registry: storableText(1024).min(1).optional(),
  limit: z.int().min(1).max(1000).default(100),
  after: z.string().min(1).max(600).optional(),
});

export type PermissionsRequestBody = z.infer<typeof permissionsRequest>;
export type DecisionRequestBody = z.infer<typeof decisionRequest>;
export type HoldersRequestBody = z.infer<typeof holdersRequest>;

/** What the questions of one request share, each in its own place. */
interface Place {
  readonly registry?: string | undefined;
  readonly namespace?: string | undefined;
  readonly repository?: string | undefined;
  readonly region?: string | undefined;
  readonly resourceGroup?: string | undefined;
}

function checked<Schema extends z.ZodType<Place>>(schema: Schema) {
  return schema
    .refine(
      ({ registry, namespace, repository }) => registry !== undefined || (namespace ?? repository) === undefined,
      {
        message: 'a namespace or repository needs its registry',
      },
    )
    .refine(
      ({ registry, region, resourceGroup }) => registry === undefined || (region ?? resourceGroup) === undefined,
      {
        message: 'a registry has its own region and resource group',
      },
    )
    .refine(({ namespace, repository }) => isIn(namespace, repository), {
      message: 'the repository is in another namespace',
    });
}

function isIn(namespace: string | undefined, repository: string | undefined): boolean {
  if (namespace === undefined || repository === undefined || !isRepositoryPattern(repository)) return true;
  return namespaceOf(repository) === namespace;
}

function isPrincipal(text: string): boolean {
  return principalRef.safeParse(text).success;
}
