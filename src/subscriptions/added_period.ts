import { invalidRequest, missingParameter } from '../stripe/errors.ts';

type EdgeParams = { readonly timestamp?: Temporal.Instant | undefined; readonly type: string };

/** The time that an end of a period is given as; null: it is given in words. Throws for a time that does not go with them. */
export function timestampOf({ timestamp, type }: EdgeParams, at: string): Temporal.Instant | null {
  const param = `${at}[timestamp]`;
  if (type !== 'timestamp') {
    if (timestamp === undefined) return null;
    throw invalidRequest('You can only specify `timestamp` with `type=timestamp`.', param);
  }
  if (timestamp === undefined) throw missingParameter(param);
  return timestamp;
}
