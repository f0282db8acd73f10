import type { Transaction } from '@berth/persistence';

/** The epoch of the copy of policy's definitions, with what this transaction has stored in it. */
export async function policyEpoch(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ epoch: number }>(`select epoch from followed_epoch where owner = 'policy'`);
  return row?.epoch ?? 0;
}
