import { LAST_CLOCK_UNIX_SECONDS } from '../limits.ts';
import { PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import { string, timestamp, unserved } from '../stripe/params.types.ts';
import { toUnix } from '../time/instant.ts';

/** A time that a clock may show. */
function clockTime(): ParamType<Temporal.Instant> {
  const { shape, decode } = timestamp();
  return {
    shape,
    decode(node, path, problems) {
      const value = decode(node, path, problems);
      if (value === undefined || toUnix(value) <= LAST_CLOCK_UNIX_SECONDS) return value;
      const message = `This value must be less than or equal to ${LAST_CLOCK_UNIX_SECONDS}.`;
      problems.range(path, message, 'parameter_invalid_integer');
      return undefined;
    },
  };
}

export const createClockParams = object({
  customer: unserved(),
  frozen_time: required(clockTime()),
  name: string({ max: 300 }),
});

export type CreateClockParams = ParamsOf<typeof createClockParams>;

export const advanceClockParams = object({ frozen_time: required(clockTime()) });

export const listClocksParams = object({ ...PAGING });

export const noParams = object({});
