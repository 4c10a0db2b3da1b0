import type { Context } from '../stripe/context.ts';
import type { Expandable } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import type { TestClock } from './clock.ts';
import { findClocks } from './clock.sql.ts';

export function viewClock({ account }: Context, clock: TestClock) {
  return {
    id: clock.id,
    object: 'test_helpers.test_clock',
    created: toUnix(clock.createdAt),
    deletes_after: toUnix(clock.deletesAfter),
    frozen_time: toUnix(clock.frozenAt),
    livemode: account.livemode,
    name: clock.name,
    status: clock.status,
    status_details: clock.targetAt === null ? {} : { advancing: { target_frozen_time: toUnix(clock.targetAt) } },
  };
}

export function viewDeletedClock(id: string) {
  return { id, object: 'test_helpers.test_clock', deleted: true };
}

export const clockExpandable: Expandable = {
  fields: {},
  async load(context, ids) {
    const clocks = await findClocks(context, ids);
    return new Map(clocks.map((clock) => [clock.id, viewClock(context, clock)]));
  },
};
