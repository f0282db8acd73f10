import { instant, version, type ContentPoliciesDefinition } from '@berth/contracts';

/** What every answer about a content policy ends with: those of all parts together, as they are published. */
export const stampAnswer = {
  /** null = nothing was ever decided. */
  version: version.nullable(),
  changedAt: instant.nullable(),
} as const;

/** When the content policies of a registry last changed; null = nothing was ever decided. */
export function stampOf(policies: ContentPoliciesDefinition | null) {
  return { version: policies?.version ?? null, changedAt: policies?.changedAt ?? null };
}
