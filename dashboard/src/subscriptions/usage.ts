import { useQuery } from '@tanstack/react-query';
import { fetchAll, type List } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import { useClient, useGet } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import type { UsageDay } from '../ui/usage_chart.tsx';

export const DAY_SECONDS = 86_400;
const LIVE_MS = 5_000;

type Summary = {
  readonly id: string;
  /** Exact, as text. */
  readonly aggregated_value: string;
  readonly start_time: number;
  readonly end_time: number;
};

export type UsageQuestion = {
  readonly meter: string;
  readonly customer: string;
  /** Half-open, in unix seconds. */
  readonly start: number;
  readonly end: number;
  /** Only usage whose dimensions have these values. */
  readonly filter?: Readonly<Record<string, string>>;
};

/** What a customer used between two moments. It is read again while one looks at it. */
export function useUsageTotal({ meter, customer, start, end, filter }: UsageQuestion) {
  const params = { customer, start_time: start, end_time: end, filter };
  const usage = useGet<List<Summary>>(`/v1/usance/meters/${meter}/summaries`, params, { refetchInterval: LIVE_MS });
  return { ...usage, quantity: usage.data?.data[0]?.aggregated_value };
}

/** The same by whole days of UTC, oldest first. */
export function useUsageByDay({ meter, customer, start, end, filter }: UsageQuestion) {
  const client = useClient();
  const { account } = useSpace();
  const params = {
    customer,
    start_time: Math.floor(start / DAY_SECONDS) * DAY_SECONDS,
    end_time: Math.ceil(end / DAY_SECONDS) * DAY_SECONDS,
    value_grouping_window: 'day',
    filter,
  };
  const path = `/v1/usance/meters/${meter}/summaries`;
  return useQuery<readonly UsageDay[], ApiError>({
    queryKey: [account.id, path, params],
    async queryFn({ signal }) {
      const summaries = await fetchAll<Summary>(client, path, params, { signal });
      return summaries.toReversed().map((summary) => ({ day: summary.start_time, quantity: summary.aggregated_value }));
    },
    refetchInterval: LIVE_MS,
  });
}

/** Which usage a price rates; {}: all of its meter. */
export function useDimensionFilter(price: string) {
  type OwnPrice = { readonly dimension_filter: Readonly<Record<string, string>> };
  return useGet<OwnPrice>(`/v1/usance/prices/${price}`, {}, { staleTime: 60_000 }).data?.dimension_filter;
}
