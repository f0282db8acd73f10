export const write = 1;
