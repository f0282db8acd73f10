import type { RepositoryName } from '@berth/oci';

/** One thing that a client asks a token for. */
export type RequestedScope =
  | {
      readonly type: 'repository';
      readonly name: RepositoryName;
      /** Docker names of known actions, none twice; a requested `*` stands here as all of them. */
      readonly actions: readonly string[];
    }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly actions: readonly string[] }
  /** Well-formed but of no thing that exists here (`host:5000/team/app`): never granted, and no error. */
  | { readonly type: 'unknown'; readonly name: string; readonly actions: readonly string[] };
