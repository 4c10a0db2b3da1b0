import type { TestClock } from '../clocks/clock.ts';
import { findClocks } from '../clocks/clock.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';

/** A test clock that exists. Throws resource_missing, about the parameter that named it unless the path did. */
export async function requireClock(context: Context, id: string, param?: 'test_clock'): Promise<TestClock> {
  const [clock] = await findClocks(context, [id]);
  if (clock === undefined) throw resourceMissing('test_clock', id, param);
  return clock;
}

/** The clock that a report is about; null: what is on none. */
export async function requireClockId(context: Context, id: string | undefined): Promise<string | null> {
  return id === undefined ? null : (await requireClock(context, id, 'test_clock')).id;
}
