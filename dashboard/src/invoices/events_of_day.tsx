import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import type { List } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import { useClient } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { DataTable } from '../ui/data_table.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatNumber } from '../ui/format.ts';
import { When } from '../ui/when.tsx';
import type { DayOfUsage, ExplainedUsage } from './explained.ts';
import { dimensionWords } from './usage_of_charge.tsx';

type Event = {
  readonly id: string;
  readonly value: string | null;
  readonly timestamp: number;
  readonly identifier: string | null;
};

const DAY_SECONDS = 86_400;
const PAGE_SIZE = 50;

const COLUMNS: readonly Column<Event>[] = [
  {
    header: 'Happened',
    cell: ({ timestamp }) => <When at={timestamp} as="time" />,
    value: ({ timestamp }) => timestamp,
  },
  {
    header: 'Value',
    align: 'right',
    cell: ({ value }) => (value === null ? '—' : formatNumber(value)),
    value: ({ value }) => (value === null ? null : Number(value)),
  },
  {
    header: 'Identifier',
    cell: ({ identifier }) => (identifier === null ? '—' : <CopyId id={identifier} label="identifier" />),
  },
];

type Props = { readonly usage: ExplainedUsage; readonly day: DayOfUsage; readonly onClose: () => void };

/** The events that a day of usage was counted from, newest first. */
export function EventsOfDay({ usage, day, onClose }: Props) {
  const query = useEvents(usage, day);
  const events = query.data?.pages.flatMap(({ data }) => data);
  return (
    <Modal
      opened
      onClose={onClose}
      size="xl"
      title={`Events of ${day.day} ${dimensionWords(day)}`.trim()}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {query.error !== null ? (
        <Failure error={query.error} retry={() => void query.refetch()} what="The events" />
      ) : (
        <Stack gap="sm">
          <DataTable rows={events} columns={COLUMNS} label="Events of the day" keyOf={({ id }) => id} />
          <Group justify="space-between">
            <Text size="sm" c="dimmed">{`${events?.length ?? '…'} of ${formatNumber(day.event_count)}`}</Text>
            {query.hasNextPage && (
              <Button size="xs" variant="default" loading={query.isFetching} onClick={() => void query.fetchNextPage()}>
                Show more
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

/** The request that the explanation tells, narrowed to a day within the period and the values of its dimensions. */
function useEvents({ events, period }: ExplainedUsage, { day, dimensions }: DayOfUsage) {
  const client = useClient();
  const { account } = useSpace();
  const start = Date.parse(`${day}T00:00:00Z`) / 1000;
  const params = {
    ...events.parameters,
    'timestamp[gte]': Math.max(period.start, start),
    'timestamp[lt]': Math.min(period.end, start + DAY_SECONDS),
    ...Object.fromEntries(Object.entries(dimensions).map(([key, value]) => [`dimensions[${key}]`, value])),
  };
  return useInfiniteQuery<List<Event>, ApiError, InfiniteData<List<Event>>, readonly unknown[], string | undefined>({
    queryKey: [account.id, events.path, params],
    queryFn: ({ pageParam, signal }) =>
      client.get<List<Event>>(events.path, { ...params, limit: PAGE_SIZE, starting_after: pageParam }, signal),
    initialPageParam: undefined,
    getNextPageParam: ({ data, has_more: hasMore }) => (hasMore ? data.at(-1)?.id : undefined),
  });
}
