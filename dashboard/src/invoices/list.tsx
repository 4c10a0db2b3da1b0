import { Button } from '@mantine/core';
import { useClock } from '../clocks/use_clock.ts';
import { CUSTOMER_FILTER } from '../customers/customer_filter.tsx';
import { usePath } from '../session/space.ts';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import type { Filter } from '../ui/filters.tsx';
import { Link } from 'react-router';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { invoiceColumns } from './columns.tsx';

const COLUMNS = invoiceColumns({ withCustomer: true });

const FILTERS: readonly Filter[] = [
  {
    param: 'status',
    label: 'Status',
    options: [
      ['draft', 'Draft'],
      ['open', 'Open'],
      ['paid', 'Paid'],
      ['uncollectible', 'Uncollectible'],
      ['void', 'Void'],
    ],
  },
  CUSTOMER_FILTER,
  { param: 'subscription', label: 'Subscription ID' },
  { param: 'created[gte]', label: 'Since', isDay: true },
  { param: 'created[lt]', label: 'Before', isDay: true },
];

export function Component() {
  const path = usePath();
  const clock = useClock();
  return (
    <Page title="Invoices">
      <ResourceList
        path={clock.invoices}
        params={clock.params}
        noun="invoices"
        columns={COLUMNS}
        filters={FILTERS}
        to={({ id }) => `/invoices/${id}`}
        empty={
          <Empty
            title="No invoices yet"
            action={
              <Button component={Link} to={path('/subscriptions/create')}>
                Create a subscription
              </Button>
            }
            curl={<Curl path="/v1/invoices" params={['customer=cus_…', 'pending_invoice_items_behavior=include']} />}
          >
            Subscriptions make invoices by themselves, when a period ends. Others are made of pending items, on the page
            of a customer.
          </Empty>
        }
      />
    </Page>
  );
}
