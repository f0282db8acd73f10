/** How many devices pull, and at which open arrival rate: the rate holds even when answers are slow, so queues show. */
export interface Profile {
  readonly devices: number;
  readonly devicesPerSecond: number;
  /** Limits that end the run with a failure when they are broken. */
  readonly thresholds: Record<string, string[]>;
}

const noFailure = { checks: ['rate==1'], http_req_failed: ['rate==0'], dropped_iterations: ['count==0'] };

/** Named by the load, not by the occasion. */
export const profiles: Record<string, Profile> = {
  smoke: { devices: 1000, devicesPerSecond: 50, thresholds: noFailure },
};

/** The profile of that name; an unknown one ends the run with the names there are. */
export function profileNamed(name: string): Profile {
  const profile = profiles[name];
  if (profile === undefined) throw new Error(`no profile ${name}; there are: ${Object.keys(profiles).join(', ')}`);
  return profile;
}
