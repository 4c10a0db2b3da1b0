import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { list, string, unserved } from '../stripe/params.types.ts';

export const listEventsParams = object({
  ...PAGING,
  created: timeRange(),
  delivery_success: unserved(),
  type: string({ max: 200 }),
  types: list(string({ max: 200 }), { max: 20 }),
});

export type ListEventsParams = ParamsOf<typeof listEventsParams>;

/** Our own list: what happened to one object. */
export const listObjectEventsParams = object({ ...PAGING, object: required(string({ max: 200 })) });

export const retrieveEventParams = object({});
