import { Badge, Group, Loader, SegmentedControl, Text } from '@mantine/core';
import { useSearchParams } from 'react-router';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import type { Column } from '../ui/columns.ts';
import { Curl } from '../ui/curl.tsx';
import { DataTable } from '../ui/data_table.tsx';
import { Empty } from '../ui/empty.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatNumber } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';
import type { Meter, MeterEvent } from './meter.ts';
import { CustomerName } from './top_customers.tsx';

const LIVE_MS = 2_000;

const COUNTED: readonly Column<MeterEvent>[] = [
  { header: 'Happened', cell: ({ timestamp }) => <When at={timestamp} />, value: ({ timestamp }) => timestamp },
  { header: 'Customer', cell: ({ customer }) => (customer === null ? '—' : <CustomerName id={customer} />) },
  {
    header: 'Value',
    align: 'right',
    cell: ({ value, status }) => (
      <Group gap={6} justify="flex-end" wrap="nowrap">
        {status === 'cancelled' && (
          <Badge size="xs" color="gray" variant="light">
            Cancelled
          </Badge>
        )}
        <Text span inherit td={status === 'cancelled' ? 'line-through' : undefined}>
          {value === null ? '—' : formatNumber(value)}
        </Text>
      </Group>
    ),
  },
  { header: 'Identifier', cell: ({ identifier }) => <code>{identifier?.slice(0, 18)}</code>, isMinor: true },
];

const REJECTED: readonly Column<MeterEvent>[] = [
  { header: 'Received', cell: ({ received_at: at }) => <When at={at} />, value: ({ received_at: at }) => at },
  {
    header: 'Why it does not count',
    cell: ({ rejection }) => <span style={{ whiteSpace: 'normal' }}>{rejection?.message}</span>,
    value: ({ rejection }) => rejection?.code ?? null,
  },
  { header: 'Identifier', cell: ({ identifier }) => <code>{identifier?.slice(0, 18)}</code>, isMinor: true },
];

/** The newest events of a meter, as they come, and those that could not be counted. */
export function EventFeed({ meter }: { readonly meter: Meter }) {
  const [search, setSearch] = useSearchParams();
  const isErrors = search.get('events') === 'errors';
  const customer = search.get('customer') ?? undefined;
  const events = useGet<List<MeterEvent>>(
    '/v1/usance/meter_events',
    { meter: meter.id, customer, status: isErrors ? 'rejected' : undefined, limit: 15 },
    { refetchInterval: LIVE_MS },
  );
  const show = (value: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (value === 'errors') after.set('events', value);
        else after.delete('events');
        return after;
      },
      { replace: true },
    );
  return (
    <Panel
      title="Events"
      isFlush
      actions={
        <Group gap="xs">
          {events.isFetching && <Loader size={12} type="dots" aria-hidden />}
          <SegmentedControl
            size="xs"
            aria-label="Which events"
            data={[
              { value: 'live', label: 'Live feed' },
              { value: 'errors', label: 'Errors' },
            ]}
            value={isErrors ? 'errors' : 'live'}
            onChange={show}
          />
        </Group>
      }
    >
      {events.error !== null ? (
        <Failure error={events.error} retry={() => void events.refetch()} what="The feed" />
      ) : events.data?.data.length === 0 ? (
        <NoEvents meter={meter} isErrors={isErrors} />
      ) : (
        <DataTable
          rows={events.data?.data}
          columns={isErrors ? REJECTED : COUNTED}
          label={isErrors ? 'Events that do not count' : 'Live feed'}
          keyOf={({ id }) => id}
        />
      )}
    </Panel>
  );
}

function NoEvents({ meter, isErrors }: { readonly meter: Meter; readonly isErrors: boolean }) {
  if (isErrors) {
    return (
      <Empty title="No errors">
        Events of the stream that can’t be counted are kept here with their reason. Other doors answer at once what is
        wrong.
      </Empty>
    );
  }
  const { event_name: name, customer_mapping: mapping, value_settings: settings } = meter;
  return (
    <Empty
      title="No events yet"
      curl={
        <Curl
          path="/v1/billing/meter_events"
          params={[
            `event_name=${name}`,
            `payload[${mapping.event_payload_key}]=cus_…`,
            `payload[${settings.event_payload_key}]=25`,
            ...meter.dimension_payload_keys.map((key) => `payload[${key}]=…`),
          ]}
        />
      }
    >
      Add usage above, or send an event: it is here as soon as it is answered.
    </Empty>
  );
}
