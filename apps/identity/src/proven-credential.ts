import type { Principal } from '@berth/policy-engine';
import type { SlotNumber } from './repository-token.js';

/** A credential that was found good. */
export interface ProvenCredential {
  readonly principal: Principal;
  /** The user name it came with. */
  readonly name: string;
  readonly slot: SlotNumber | null;
  /** Of a service ID: which API key was used; null for all other kinds. */
  readonly apiKeyId: string | null;
  /** The credential's own part of `ver`. */
  readonly versions: Readonly<Record<string, number>>;
  /** When the first of its parts ends, epoch milliseconds; null = never. */
  readonly endsAtMs: number | null;
  /** The version that a refresh token of it is bound to: of the slot, the API key or the user; null = it gets none. */
  readonly renewableVersion: number | null;
}
