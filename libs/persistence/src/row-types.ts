import { AppError } from '@berth/errors';
import { types, type CustomTypesConfig } from 'pg';

const { builtins } = types;

/** int8 columns are sequences and counts: numbers, as long as a number can hold them exactly. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new AppError({ kind: 'bug', message: `an int8 column holds ${text}, which a number cannot hold exactly` });
  }
  return value;
}

/** How column values become JavaScript values; see {@link Queryable.query}. Only for our pools, never process-wide. */
export const rowTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (format !== 'binary') {
      if (oid === builtins.INT8) return parseInt8;
      // The driver's own parser makes a date midnight in the local time zone.
      if (oid === builtins.DATE) return (text: string) => text;
    }
    return types.getTypeParser(oid, format);
  },
};
