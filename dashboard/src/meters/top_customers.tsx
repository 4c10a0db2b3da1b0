import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { DataTable } from '../ui/data_table.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatNumber } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import type { Meter } from './meter.ts';
import { boundsOf, isRange } from './usage.ts';

type MeterCustomer = { readonly customer: string; readonly aggregated_value: string };

const COLUMNS: readonly Column<MeterCustomer>[] = [
  { header: 'Customer', cell: ({ customer }) => <CustomerName id={customer} /> },
  {
    header: 'Usage',
    align: 'right',
    cell: ({ aggregated_value: value }) => formatNumber(value),
    value: ({ aggregated_value: value }) => Number(value),
  },
];

/** Who used most in the time that the chart shows. */
export function TopCustomers({ meter }: { readonly meter: Meter }) {
  const path = usePath();
  const [search] = useSearchParams();
  const range = search.get('range');
  const now = useMemo(() => Date.now() / 1000, []);
  const { start, end } = boundsOf(isRange(range) ? range : '30d', now);
  const list = useGet<List<MeterCustomer>>(
    `/v1/usance/meters/${meter.id}/top_customers`,
    { start_time: start, end_time: end, limit: 5 },
    { refetchInterval: 10_000 },
  );
  return (
    <Panel title="Top customers" isFlush>
      {list.error !== null ? (
        <Failure error={list.error} retry={() => void list.refetch()} what="The list" />
      ) : list.data?.data.length === 0 ? (
        <Text c="dimmed" px="md" pb="md">
          Nobody has used anything yet.
        </Text>
      ) : (
        <DataTable
          rows={list.data?.data}
          columns={COLUMNS}
          label="Top customers"
          keyOf={({ customer }) => customer}
          to={({ customer }) => path(`/customers/${customer}`)}
        />
      )}
    </Panel>
  );
}

/** A customer by name, where there is one. */
export function CustomerName({ id }: { readonly id: string }) {
  const { data } = useGet<Stripe.Customer>(`/v1/customers/${id}`, {}, { staleTime: 60_000 });
  return <>{data?.name ?? data?.email ?? id}</>;
}
