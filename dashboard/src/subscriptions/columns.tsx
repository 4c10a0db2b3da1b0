import { Group, Text } from '@mantine/core';
import type Stripe from 'stripe';
import { nameOfCustomer } from '../customers/name.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { formatDate } from '../ui/format.ts';
import { idOf } from '../ui/id_of.ts';
import { ProductName } from '../ui/product_name.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

const CUSTOMER: Column<Stripe.Subscription> = {
  header: 'Customer',
  cell: ({ customer }) => nameOfCustomer(customer),
  value: ({ customer }) => nameOfCustomer(customer),
};

/** The columns of subscriptions of one customer, or of all. */
export function subscriptionColumns({
  withCustomer,
}: {
  withCustomer: boolean;
}): readonly Column<Stripe.Subscription>[] {
  const status: Column<Stripe.Subscription> = {
    header: 'Status',
    cell: (subscription) => <States of={subscription} />,
    value: ({ status: name }) => name,
  };
  if (!withCustomer) return [PRODUCT, status, PERIOD, CREATED];
  return [CUSTOMER, status, PRODUCT, PERIOD, ID, CREATED];
}

const PRODUCT: Column<Stripe.Subscription> = {
  header: 'Product',
  cell: ({ items }) => <Products items={items.data} />,
  value: productsOf,
};

const PERIOD: Column<Stripe.Subscription> = {
  header: 'Current period',
  cell: (subscription) => periodWords(subscription) || '—',
  value: periodWords,
  isMinor: true,
};

const ID: Column<Stripe.Subscription> = {
  header: 'ID',
  cell: ({ id }) => <CopyId id={id} label="subscription ID" />,
  value: ({ id }) => id,
  isMinor: true,
};

const CREATED: Column<Stripe.Subscription> = {
  header: 'Created',
  cell: ({ created }) => <When at={created} />,
  value: ({ created }) => created,
  isMinor: true,
};

/** The status, and what is going to become of it. */
function States({
  of: { status, cancel_at: cancelAt, pause_collection: pause },
}: {
  readonly of: Stripe.Subscription;
}) {
  return (
    <Group gap={6} wrap="nowrap">
      <Status of={status} />
      {cancelAt !== null && status !== 'canceled' && (
        <Text size="xs" c="dimmed">
          cancels {formatDate(cancelAt)}
        </Text>
      )}
      {pause !== null && (
        <Text size="xs" c="dimmed">
          collection paused
        </Text>
      )}
    </Group>
  );
}

function Products({ items }: { readonly items: readonly Stripe.SubscriptionItem[] }) {
  const [first, ...others] = productIds(items);
  if (first === undefined) return <>—</>;
  return (
    <>
      <ProductName id={first} />
      {others.length > 0 && ` and ${others.length} more`}
    </>
  );
}

function productIds(items: readonly Stripe.SubscriptionItem[]): string[] {
  return [...new Set(items.map(({ price }) => idOf(price.product)).filter((id) => id !== undefined))];
}

function productsOf({ items }: Stripe.Subscription): string {
  return productIds(items.data).join(' ');
}

/** The period that all items are in, where it is one. */
export function periodOf({ items }: Stripe.Subscription): { start: number; end: number } | undefined {
  const [first] = items.data;
  return first && { start: first.current_period_start, end: first.current_period_end };
}

function periodWords(subscription: Stripe.Subscription): string {
  const period = periodOf(subscription);
  return period === undefined ? '' : `${formatDate(period.start)} – ${formatDate(period.end)}`;
}
