/**
 * Fixed ids of what every installation starts with. They are constants because identity inserts the user and policy the
 * rest, each "on conflict do nothing" and in any order.
 */
export const installation = {
  accountId: '01900000-0000-7000-8000-000000000001',
  registryId: '01900000-0000-7000-8000-000000000002',
  adminUserId: '01900000-0000-7000-8000-000000000003',
  ownerAssignmentId: '01900000-0000-7000-8000-000000000004',
  accountName: 'default',
  registryName: 'local',
  adminName: 'admin',
} as const;

/** The services that own state or facts; the producer of a topic is one of them. */
export const services = ['identity', 'policy', 'registry', 'audit'] as const;
export type Service = (typeof services)[number];
