/** Whether access policies are enforced in one region of an account that was imported as legacy. */
export interface EnforcementRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly region: string;
  /** Once true it stays so. */
  readonly isEnforced: boolean;
}

/** From this instant on every account is enforced in every region, unless the operator says another: 5 July 2022. */
export const defaultEnforcementMandatoryFromMs = Date.UTC(2022, 6, 5);
