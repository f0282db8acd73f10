/** The services behind the origin. */
export type Upstream = 'identity' | 'policy' | 'registry' | 'audit';
