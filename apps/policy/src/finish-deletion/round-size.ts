/** Definitions taken away in one transaction. */
export const roundSize = 500;
