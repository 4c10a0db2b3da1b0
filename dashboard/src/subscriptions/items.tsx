import { Divider, Group, Stack, Text } from '@mantine/core';
import type Stripe from 'stripe';
import { Failure } from '../ui/failure.tsx';
import { formatDate, formatNumber } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { idOf } from '../ui/id_of.ts';
import { sayPrice } from '../catalog/words.ts';
import { ProductName } from '../ui/product_name.tsx';
import { UsageChart } from '../ui/usage_chart.tsx';
import { DAY_SECONDS, useDimensionFilter, useUsageByDay, useUsageTotal, type UsageQuestion } from './usage.ts';

type Props = { readonly subscription: Stripe.Subscription; readonly now: number };

/** What a subscription is about: how many, or how much was used in this period. */
export function Items({ subscription, now }: Props) {
  const customer = idOf(subscription.customer) ?? '';
  return (
    <Panel title="Products">
      <Stack gap="md">
        {subscription.items.data.map((item, place) => (
          <Stack key={item.id} gap="sm">
            {place > 0 && <Divider />}
            <Item item={item} customer={customer} now={now} />
          </Stack>
        ))}
      </Stack>
    </Panel>
  );
}

type ItemProps = { readonly item: Stripe.SubscriptionItem; readonly customer: string; readonly now: number };

function Item({ item, customer, now }: ItemProps) {
  const { price, quantity } = item;
  const meter = price.recurring?.meter;
  const filter = useDimensionFilter(price.id);
  return (
    <>
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={0}>
          <Text fw={600}>
            <ProductName id={idOf(price.product) ?? ''} />
          </Text>
          <Text size="sm" c="dimmed">
            {price.nickname === null ? sayPrice(price) : `${price.nickname} · ${sayPrice(price)}`}
          </Text>
        </Stack>
        {meter == null && <Text>{`Quantity ${formatNumber(quantity ?? 0)}`}</Text>}
      </Group>
      {meter != null && filter !== undefined && (
        <Usage
          of={{ meter, customer, start: item.current_period_start, end: item.current_period_end, filter }}
          now={now}
        />
      )}
    </>
  );
}

/** What was used in the period so far, as a number and by day. */
function Usage({ of: question, now }: { readonly of: UsageQuestion; readonly now: number }) {
  const total = useUsageTotal(question);
  // A day that has not begun has no usage to show.
  const shown = { ...question, end: Math.max(question.start + 1, Math.min(question.end, dayAfter(now))) };
  const days = useUsageByDay(shown);
  const error = total.error ?? days.error;
  if (error !== null) return <Failure error={error} what="The usage" retry={() => void total.refetch()} />;
  const quantity = total.quantity === undefined ? '…' : formatNumber(total.quantity);
  const since = `${formatDate(question.start)} – ${formatDate(question.end)}`;
  const filter = Object.entries(question.filter ?? {});
  return (
    <Stack gap={6}>
      <Group gap="xs" align="baseline">
        <Text size="xl" fw={650} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {quantity}
        </Text>
        <Text size="sm" c="dimmed">{`used in this period, ${since}`}</Text>
      </Group>
      {filter.length > 0 && (
        <Text
          size="xs"
          c="dimmed"
        >{`Of usage with ${filter.map(([key, value]) => `${key} ${value}`).join(', ')}`}</Text>
      )}
      <UsageChart days={days.data ?? []} height={130} label={`Usage by day: ${quantity} from ${since}`} />
    </Stack>
  );
}

/** The end of the day that it is. */
function dayAfter(now: number): number {
  return (Math.floor(now / DAY_SECONDS) + 1) * DAY_SECONDS;
}
