import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useGet } from '../api/hooks.ts';
import { CUSTOMER_FILTER } from '../customers/customer_filter.tsx';
import { useClock } from '../clocks/use_clock.ts';
import { usePath, useSpace } from '../session/space.ts';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import type { Filter } from '../ui/filters.tsx';
import { titleOf } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { idOf } from '../ui/id_of.ts';
import { sayPrice } from '../catalog/words.ts';
import { ResourceList } from '../ui/resource_list.tsx';
import { subscriptionColumns } from './columns.tsx';

const STATUSES = [
  'all',
  'active',
  'trialing',
  'past_due',
  'unpaid',
  'incomplete',
  'paused',
  'canceled',
  'incomplete_expired',
] as const;

const COLUMNS = subscriptionColumns({ withCustomer: true });

export function Component() {
  const path = usePath();
  const clock = useClock();
  const create = useCreateWords();
  const filters = useFilters();
  return (
    <Page
      title="Subscriptions"
      actions={
        <Button component={Link} to={path('/subscriptions/create')} leftSection={<IconPlus size={16} aria-hidden />}>
          {create}
        </Button>
      }
    >
      <ResourceList
        path="/v1/subscriptions"
        params={{ ...clock.params, expand: ['data.customer'] }}
        noun="subscriptions"
        columns={COLUMNS}
        filters={filters}
        to={({ id }) => `/subscriptions/${id}`}
        empty={
          <Empty
            title="No subscriptions yet"
            action={
              <Button component={Link} to={path('/subscriptions/create')}>
                {create}
              </Button>
            }
            curl={<Curl path="/v1/subscriptions" params={['customer=cus_…', 'items[0][price]=price_…']} />}
          >
            A subscription bills a customer for prices, again and again. Canceled ones are shown by the filter Status.
          </Empty>
        }
      />
    </Page>
  );
}

/** What the button that creates one says: test data is told apart from what is meant. */
export function useCreateWords(): string {
  return useSpace().account.livemode ? 'Create subscription' : 'Create test subscription';
}

function useFilters(): readonly Filter[] {
  const prices = useGet<List<Stripe.Price>>('/v1/prices', { type: 'recurring', limit: 100, expand: ['data.product'] });
  return [
    CUSTOMER_FILTER,
    { param: 'status', label: 'Status', options: STATUSES.map((status) => [status, titleOf(status)]) },
    {
      param: 'price',
      label: 'Price',
      options: (prices.data?.data ?? []).map((price) => [price.id, `${productName(price)} · ${sayPrice(price)}`]),
    },
    {
      param: 'collection_method',
      label: 'Collection method',
      options: [
        ['charge_automatically', 'Charge automatically'],
        ['send_invoice', 'Send invoice'],
      ],
    },
  ];
}

function productName({ product }: Stripe.Price): string {
  return typeof product === 'object' && product.deleted !== true ? product.name : String(idOf(product));
}
