import { Divider, Group, Skeleton, Stack, Text } from '@mantine/core';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { DAY_SECONDS, useUsageByDay, useUsageTotal } from '../subscriptions/usage.ts';
import { Empty } from '../ui/empty.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatDate, formatNumber } from '../ui/format.ts';
import { Go } from '../ui/go.tsx';
import { Panel } from '../ui/panel.tsx';
import { UsageChart } from '../ui/usage_chart.tsx';

type Props = { readonly customer: string; readonly now: number };

const DAYS = 30;
/** More charts than anybody looks at; the pages of meters show the rest. */
const MAX_METERS = 5;

type Metered = { readonly meter: string; readonly start?: number; readonly end?: number };

/** What a customer uses, as it comes: of the meters of its subscriptions, or else of the newest there are. */
export function Usage({ customer, now }: Props) {
  const subscriptions = useGet<List<Stripe.Subscription>>('/v1/subscriptions', { customer, limit: 100 });
  const meters = useGet<List<{ id: string }>>('/v1/usance/meters', { status: 'active', limit: MAX_METERS });
  const error = subscriptions.error ?? meters.error;
  if (error !== null) {
    return (
      <Panel title="Usage">
        <Failure error={error} what="The usage" retry={() => void subscriptions.refetch()} />
      </Panel>
    );
  }
  if (subscriptions.data === undefined || meters.data === undefined) return <Skeleton h={220} radius="md" />;
  const subscribed = meteredOf(subscriptions.data.data);
  const shown = subscribed.length > 0 ? subscribed : meters.data.data.map(({ id }) => ({ meter: id }));
  return (
    <Panel title="Usage">
      {shown.length === 0 ? (
        <Empty title="No meters yet" action={<Go to="/meters">Create a meter</Go>}>
          A meter says what events of usage add up to.
        </Empty>
      ) : (
        <Stack gap="md">
          {shown.slice(0, MAX_METERS).map((one, place) => (
            <Stack key={one.meter} gap="sm">
              {place > 0 && <Divider />}
              <UsageOfMeter of={one} customer={customer} now={now} />
            </Stack>
          ))}
        </Stack>
      )}
    </Panel>
  );
}

/** The meters of subscriptions, each with the period that its usage is billed by. */
function meteredOf(subscriptions: readonly Stripe.Subscription[]): readonly Metered[] {
  const found = new Map<string, Metered>();
  for (const { price, current_period_start: start, current_period_end: end } of subscriptions.flatMap(
    ({ items }) => items.data,
  )) {
    const meter = price.recurring?.meter;
    if (meter != null && !found.has(meter)) found.set(meter, { meter, start, end });
  }
  return [...found.values()];
}

function UsageOfMeter({ of: { meter, start, end }, customer, now }: Props & { readonly of: Metered }) {
  const today = Math.floor(now / DAY_SECONDS) * DAY_SECONDS;
  const month = { meter, customer, start: today - (DAYS - 1) * DAY_SECONDS, end: today + DAY_SECONDS };
  const total = useUsageTotal({ ...month, start: start ?? month.start, end: end ?? month.end });
  const days = useUsageByDay(month);
  const named = useGet<{ display_name: string }>(`/v1/usance/meters/${meter}`, {}, { staleTime: 60_000 });
  const error = total.error ?? days.error;
  if (error !== null) return <Failure error={error} what="The usage" retry={() => void total.refetch()} />;
  const quantity = total.quantity === undefined ? '…' : formatNumber(total.quantity);
  const name = named.data?.display_name ?? '…';
  const since = start === undefined ? `in the last ${DAYS} days` : `in this period, since ${formatDate(start)}`;
  return (
    <>
      <Group justify="space-between" align="baseline" gap="xs">
        <Text fw={600}>
          <Go to={`/meters/${meter}?customer=${customer}`}>{name}</Go>
        </Text>
        <Group gap="xs" align="baseline">
          <Text size="lg" fw={650} style={{ fontVariantNumeric: 'tabular-nums' }}>
            {quantity}
          </Text>
          <Text size="sm" c="dimmed">
            {since}
          </Text>
        </Group>
      </Group>
      <UsageChart days={days.data ?? []} height={130} label={`${name} by day, the last ${DAYS} days`} />
    </>
  );
}
