import { Alert, Grid, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { nameOfCustomer } from '../customers/name.ts';
import { nowOf, useCustomer } from '../customers/time.ts';
import { ObjectEvents } from '../events/object_events.tsx';
import { invoiceColumns } from '../invoices/columns.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Failure } from '../ui/failure.tsx';
import { Go } from '../ui/go.tsx';
import { Money } from '../ui/money.tsx';
import { Page } from '../ui/page.tsx';
import { idOf } from '../ui/id_of.ts';
import { ShortList } from '../ui/short_list.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { Actions } from './actions.tsx';
import { Details } from './details.tsx';
import { Items } from './items.tsx';
import { Schedule } from './schedule.tsx';
import { UpcomingInvoice } from './upcoming.tsx';

const INVOICE_COLUMNS = invoiceColumns({ withCustomer: false });

export function Component() {
  const { id = '' } = useParams();
  const expand = ['customer', 'items.data.price.tiers', 'latest_invoice', 'discounts'];
  const query = useGet<Stripe.Subscription>(`/v1/subscriptions/${id}`, { expand });
  const { data } = query;
  const crumbs = [['Subscriptions', '/subscriptions']] as const;
  if (query.error !== null) {
    return (
      <Page title="Subscription" crumbs={crumbs}>
        <Failure error={query.error} retry={() => void query.refetch()} what="This subscription" />
      </Page>
    );
  }
  return (
    <Page
      title={data === undefined ? 'Subscription' : nameOfCustomer(data.customer)}
      crumbs={crumbs}
      beside={
        <Group gap="xs">
          <Status of={data?.status} />
          <CopyId id={id} label="subscription ID" />
        </Group>
      }
      actions={data && <Actions subscription={data} />}
    >
      {data === undefined ? <Skeleton h={320} radius="md" /> : <Parts subscription={data} />}
    </Page>
  );
}

function Parts({ subscription }: { readonly subscription: Stripe.Subscription }) {
  const { id, schedule } = subscription;
  const customer = useCustomer(idOf(subscription.customer));
  return (
    <>
      <Notices subscription={subscription} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="lg">
            {customer.data === undefined ? (
              <Skeleton h={240} radius="md" />
            ) : (
              <Items subscription={subscription} now={nowOf(customer.data)} />
            )}
            <UpcomingInvoice subscription={subscription} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Details subscription={subscription} />
        </Grid.Col>
      </Grid>
      <ShortList
        title="Invoices"
        path="/v1/invoices"
        params={{ subscription: id }}
        columns={INVOICE_COLUMNS}
        to={(invoice) => `/invoices/${invoice.id}`}
        empty="None yet: its first invoice is made when a period ends."
        all={`/invoices?subscription=${id}`}
      />
      {schedule !== null && <Schedule id={idOf(schedule) ?? ''} />}
      <ObjectEvents id={id} />
    </>
  );
}

/** What is about to happen, or should not be as it is. */
function Notices({ subscription }: { readonly subscription: Stripe.Subscription }) {
  const { status, cancel_at: cancelAt, pause_collection: pause, latest_invoice: latest } = subscription;
  const invoice = typeof latest === 'object' ? latest : null;
  const isUnpaid = ['past_due', 'unpaid', 'incomplete'].includes(status) && invoice?.status === 'open';
  return (
    <>
      {isUnpaid && (
        <Alert color="red" variant="light" title="Its latest invoice is not paid">
          <Go to={`/invoices/${invoice.id}`}>Invoice {invoice.number}</Go> over{' '}
          <Money amount={invoice.amount_remaining} currency={invoice.currency} /> is open
          {invoice.next_payment_attempt === null ? (
            '.'
          ) : (
            <>, and tried again {<When at={invoice.next_payment_attempt} />}.</>
          )}
        </Alert>
      )}
      {cancelAt !== null && status !== 'canceled' && (
        <Alert color="orange" variant="light">
          <Text size="sm">
            Cancels <When at={cancelAt} as="time" />. Until then it can be taken back by Don’t cancel.
          </Text>
        </Alert>
      )}
      {pause !== null && (
        <Alert color="orange" variant="light">
          <Text size="sm">
            Collection is paused: its invoices {PAUSED[pause.behavior]}
            {pause.resumes_at === null ? (
              ', until it is resumed.'
            ) : (
              <>, until {<When at={pause.resumes_at} as="date" />}.</>
            )}
          </Text>
        </Alert>
      )}
    </>
  );
}

const PAUSED: Readonly<Record<Stripe.Subscription.PauseCollection.Behavior, string>> = {
  keep_as_draft: 'stay drafts',
  mark_uncollectible: 'are marked uncollectible',
  void: 'are void',
};
