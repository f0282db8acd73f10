import { instant, type EnforcementDefinition } from '@berth/contracts';
import { z } from 'zod';
import type { DecisionRules } from './decision-rules.js';

/** Whether access policies are enforced in one region. */
export const regionAnswer = z.strictObject({
  region: z.string(),
  /** In effect: users without a policy can do nothing. */
  enforced: z.boolean(),
  /** Whether somebody switched it on, or only time did. */
  switchedOn: z.boolean(),
});

export const enforcementAnswer = z.strictObject({
  /** From this instant on every region of every account is enforced. */
  mandatoryFrom: instant,
  /** Those of an account that was imported as legacy, by name; in all other regions it always is enforced. */
  regions: z.array(regionAnswer),
});

export type RegionAnswer = z.infer<typeof regionAnswer>;

/** How it is in a region now; null = on by itself, as in every account that wasn't imported. */
export function regionOf(region: string, recorded: EnforcementDefinition | null, rules: DecisionRules): RegionAnswer {
  const switchedOn = recorded?.isEnforced ?? true;
  return { region, enforced: switchedOn || rules.nowMs() >= rules.enforcementMandatoryFromMs, switchedOn };
}
