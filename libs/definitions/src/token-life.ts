import { clockLeewaySeconds, maxAccessTokenSeconds } from '@berth/contracts';

/**
 * No access token that was issued before an instant is accepted this long after it, in milliseconds: its longest life,
 * and a leeway each for the clock of the one that issued it and of the one that accepts it.
 */
export const tokenLifeMs = (maxAccessTokenSeconds + 2 * clockLeewaySeconds) * 1000;
