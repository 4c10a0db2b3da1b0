import { Alert, Grid, Skeleton, Stack, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { Button } from '@mantine/core';
import { ObjectEvents } from '../events/object_events.tsx';
import { invoiceColumns } from '../invoices/columns.tsx';
import { usePath } from '../session/space.ts';
import { subscriptionColumns } from '../subscriptions/columns.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Failure } from '../ui/failure.tsx';
import { Page } from '../ui/page.tsx';
import { ShortList } from '../ui/short_list.tsx';
import { When } from '../ui/when.tsx';
import { CustomerActions } from './actions.tsx';
import { Balance } from './balance.tsx';
import { Details } from './details.tsx';
import { nameOfCustomer } from './name.ts';
import { PaymentMethods } from './payment_methods.tsx';
import { PendingItems } from './pending_items.tsx';
import { TaxIds } from './tax_ids.tsx';
import { nowOf, type TimedCustomer, useCustomer } from './time.ts';
import { Usage } from './usage.tsx';

const SUBSCRIPTIONS = subscriptionColumns({ withCustomer: false });
const INVOICES = invoiceColumns({ withCustomer: false });

export function Component() {
  const { id = '' } = useParams();
  const customer = useCustomer(id);
  const crumbs = [['Customers', '/customers']] as const;
  if (customer.error !== null) {
    return (
      <Page title="Customer" crumbs={crumbs}>
        <Failure error={customer.error} retry={() => void customer.refetch()} what="This customer" />
      </Page>
    );
  }
  const { data } = customer;
  if (data !== undefined && 'deleted' in data) {
    return (
      <Page title="Deleted customer" crumbs={crumbs} beside={<CopyId id={id} label="customer ID" />}>
        <Text c="dimmed">This customer was deleted. Invoices that were final are kept.</Text>
      </Page>
    );
  }
  return (
    <Page
      title={data === undefined ? 'Customer' : nameOfCustomer(data)}
      crumbs={crumbs}
      beside={<CopyId id={id} label="customer ID" />}
      actions={data && <CustomerActions customer={data} />}
    >
      {data === undefined ? <Skeleton h={320} radius="md" /> : <Parts customer={data} />}
    </Page>
  );
}

function Parts({ customer }: { readonly customer: TimedCustomer }) {
  const { id, test_clock: clock } = customer;
  return (
    <>
      {clock !== null && (
        <Alert color="grape" variant="light">
          <Text size="sm">
            On the test clock {clock.name ?? clock.id}, where it is <When at={clock.frozen_time} as="time" />.
          </Text>
        </Alert>
      )}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <Usage customer={id} now={nowOf(customer)} />
            <Subscriptions customer={id} />
            <ShortList
              title="Invoices"
              path="/v1/invoices"
              params={{ customer: id }}
              columns={INVOICES}
              to={(invoice) => `/invoices/${invoice.id}`}
              empty="None yet. Subscriptions make them by themselves."
              all={`/invoices?customer=${id}`}
            />
            <PendingItems customer={customer} />
            <PaymentMethods customer={customer} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="lg">
            <Details customer={customer} />
            <Balance customer={customer} />
            <TaxIds customer={id} />
          </Stack>
        </Grid.Col>
      </Grid>
      <ObjectEvents id={id} />
    </>
  );
}

function Subscriptions({ customer }: { readonly customer: string }) {
  const path = usePath();
  return (
    <ShortList
      title="Subscriptions"
      path="/v1/subscriptions"
      params={{ customer, status: 'all' }}
      columns={SUBSCRIPTIONS}
      to={({ id }) => `/subscriptions/${id}`}
      empty="None yet: usage is counted, and billed by a subscription."
      actions={
        <Button size="xs" variant="subtle" component={Link} to={path(`/subscriptions/create?customer=${customer}`)}>
          Create subscription
        </Button>
      }
    />
  );
}
