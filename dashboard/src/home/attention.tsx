import { Badge, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { Failure } from '../ui/failure.tsx';
import { formatMoney, formatNumber } from '../ui/format.ts';
import { Go } from '../ui/go.tsx';
import { Panel } from '../ui/panel.tsx';
import type { Overview, Sum } from './overview.ts';

type Matter = { readonly key: string; readonly count: string; readonly color: string; readonly says: ReactNode };

const SHOWN = 10;

/** What somebody should look at. */
export function Attention({ overview }: { readonly overview: Overview | undefined }) {
  const late = useGet<List<{ invoice: string }>>('/v1/usance/late_usage', { status: 'by_hand', limit: SHOWN });
  const rejected = useGet<List<{ meter: string | null }>>('/v1/usance/meter_events', {
    status: 'rejected',
    limit: SHOWN,
  });
  const error = late.error ?? rejected.error;
  const matters = [
    ...(overview === undefined ? [] : standingMatters(overview)),
    ...listMatter(late.data, 'late', ({ invoice }) => (
      <>
        Usage came after the last invoice of a subscription that has ended: bill it by an invoice item (
        <Go isInText to={`/invoices/${invoice}`}>
          the invoice
        </Go>
        )
      </>
    )),
    ...listMatter(rejected.data, 'rejected', ({ meter }) => (
      <>
        Events could not be counted:{' '}
        <Go isInText to={meter === null ? '/meters' : `/meters/${meter}?events=errors`}>
          see why
        </Go>
      </>
    )),
  ];
  const isWaiting = overview === undefined || late.isPending || rejected.isPending;
  return (
    <Panel title="Needs attention">
      {error !== null ? (
        <Failure error={error} retry={() => void Promise.all([late.refetch(), rejected.refetch()])} what="This list" />
      ) : isWaiting && matters.length === 0 ? (
        <Skeleton height={60} />
      ) : matters.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing: all is paid or not due yet, and all events count.
        </Text>
      ) : (
        <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {matters.map(({ key, count, color, says }) => (
            <Group key={key} component="li" gap="sm" wrap="nowrap" align="flex-start">
              <Badge color={color} variant="light" radius="sm" style={{ flex: 'none' }}>
                {count}
              </Badge>
              <Text size="sm">{says}</Text>
            </Group>
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function standingMatters({ invoices, subscriptions }: Overview): Matter[] {
  const ofInvoices = (key: string, sums: readonly Sum[], color: string, to: string, words: string): Matter[] => {
    if (sums.length === 0) return [];
    const count = sums.reduce((all, one) => all + one.count, 0);
    const amounts = sums.map(({ amount, currency }) => formatMoney(amount, currency)).join(', ');
    return [
      {
        key,
        color,
        count: formatNumber(count),
        says: (
          <>
            <Go isInText to={to}>
              {count === 1 ? 'Invoice' : 'Invoices'}
            </Go>{' '}
            {words}: {amounts}
          </>
        ),
      },
    ];
  };
  const ofSubscriptions = (status: string, color: string, words: string): Matter[] => {
    const count = subscriptions[status] ?? 0;
    if (count === 0) return [];
    const name = count === 1 ? 'Subscription' : 'Subscriptions';
    return [
      {
        key: status,
        color,
        count: formatNumber(count),
        says: (
          <>
            <Go isInText to={`/subscriptions?status=${status}`}>
              {name}
            </Go>{' '}
            {words}
          </>
        ),
      },
    ];
  };
  return [
    ...ofInvoices('due', invoices.past_due, 'red', '/invoices?status=open', 'past due'),
    ...ofInvoices('failed', invoices.payment_failed, 'red', '/invoices?status=open', 'whose payment failed'),
    ...ofInvoices(
      'uncollectible',
      invoices.uncollectible,
      'orange',
      '/invoices?status=uncollectible',
      'given up as uncollectible',
    ),
    ...ofSubscriptions('past_due', 'red', 'past due'),
    ...ofSubscriptions('unpaid', 'red', 'unpaid'),
    ...ofSubscriptions('incomplete', 'orange', 'that wait for a first payment'),
    ...ofSubscriptions('paused', 'gray', 'paused'),
  ];
}

function listMatter<T>(list: List<T> | undefined, key: string, says: (newest: T) => ReactNode): Matter[] {
  const [newest] = list?.data ?? [];
  if (list === undefined || newest === undefined) return [];
  return [{ key, color: 'orange', count: `${list.data.length}${list.has_more ? '+' : ''}`, says: says(newest) }];
}
