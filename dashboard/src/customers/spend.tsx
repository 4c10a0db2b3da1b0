import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type Stripe from 'stripe';
import { ApiError } from '../api/error.ts';
import { type Client, fetchAll, type List } from '../api/client.ts';
import { useClient } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import { Money } from '../ui/money.tsx';
import { nowOf, type TimedCustomer } from './time.ts';

const LIVE_MS = 10_000;
const ENDED = new Set<Stripe.Subscription.Status>(['canceled', 'incomplete_expired']);

/** What was used or is pending and is on no invoice yet: the previews of all subscriptions, without what is paid ahead. */
export function Spend({ customer }: { readonly customer: TimedCustomer }) {
  const client = useClient();
  const { account } = useSpace();
  const now = nowOf(customer);
  const { data, error } = useQuery<readonly (readonly [string, number])[], ApiError>({
    queryKey: [account.id, 'spend of', customer.id],
    queryFn: ({ signal }) => readSpend(client, customer.id, now, signal),
    refetchInterval: LIVE_MS,
  });
  if (error !== null) return <>can’t be told right now</>;
  if (data === undefined) return <>…</>;
  return (
    <Stack gap={0}>
      {data.length === 0 && <Text inherit>None</Text>}
      {data.map(([currency, amount]) => (
        <Text key={currency} inherit fw={650}>
          <Money amount={amount} currency={currency} />
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        Not billed yet, before discounts and taxes
      </Text>
    </Stack>
  );
}

/** By currency. An item that waits for whichever invoice is next is on several previews, and counts once. */
async function readSpend(client: Client, customer: string, now: number, signal: AbortSignal) {
  const { data } = await client.get<List<Stripe.Subscription>>('/v1/subscriptions', { customer, limit: 100 }, signal);
  const lines = new Map<string, Stripe.InvoiceLineItem>();
  for (const { id, status } of data) {
    if (ENDED.has(status)) continue;
    for (const line of await linesOf(client, id, signal)) {
      if (line.period.start <= now) lines.set(itemOf(line) ?? line.id, line);
    }
  }
  const sums = new Map<string, number>();
  for (const { currency, amount } of lines.values()) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  return [...sums];
}

async function linesOf(client: Client, subscription: string, signal: AbortSignal) {
  try {
    const preview = await client.post<Stripe.Invoice>('/v1/invoices/create_preview', { subscription });
    if (!preview.lines.has_more) return preview.lines.data;
    return await fetchAll<Stripe.InvoiceLineItem>(client, `/v1/invoices/${preview.id}/lines`, {}, { signal });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'invoice_upcoming_none') return [];
    throw error;
  }
}

function itemOf({ parent }: Stripe.InvoiceLineItem): string | undefined {
  const details = parent?.invoice_item_details ?? parent?.subscription_item_details;
  return details?.invoice_item ?? undefined;
}
