import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';

export type TestClock = Stripe.TestHelpers.TestClock;

export const CLOCKS = '/v1/test_helpers/test_clocks';

const ADVANCING_MS = 500;

/** A test clock; while it advances it is read again and again, and everything is when it has arrived. */
export function useTestClock(id: string | null) {
  const queries = useQueryClient();
  const wasAdvancing = useRef(false);
  const clock = useGet<TestClock>(
    `${CLOCKS}/${id}`,
    {},
    {
      enabled: id !== null,
      refetchInterval: (query) => (query.state.data?.status === 'advancing' ? ADVANCING_MS : false),
    },
  );
  const isAdvancing = clock.data?.status === 'advancing';
  useEffect(() => {
    if (wasAdvancing.current && !isAdvancing) void queries.invalidateQueries();
    wasAdvancing.current = isAdvancing;
  }, [isAdvancing, queries]);
  return clock;
}

/** Shows a clock as an answer tells it, before it is read again: nobody sends it out twice. */
export function useShowClock(): (clock: TestClock) => void {
  const queries = useQueryClient();
  const { account } = useSpace();
  return (clock) => queries.setQueryData([account.id, `${CLOCKS}/${clock.id}`, {}], clock);
}

export function nameOfClock({ name, id }: Pick<TestClock, 'id' | 'name'>): string {
  return name ?? id;
}

/** What a picker of times holds for unix seconds: UTC, as all that is billed. */
export function toPicked(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Unix seconds of what was picked; undefined where nothing was. */
export function fromPicked(text: string | null): number | undefined {
  const milliseconds = text === null || text === '' ? Number.NaN : Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}

/** The same time of day some months later; where a month is shorter, its last day. */
export function addMonths(seconds: number, count: number): number {
  const at = new Date(seconds * 1000);
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + count);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(day, last));
  return Math.floor(at.getTime() / 1000);
}
