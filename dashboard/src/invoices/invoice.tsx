import { Alert, Box, Button, Grid, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconExternalLink, IconFileTypePdf } from '@tabler/icons-react';
import { useParams } from 'react-router';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { ObjectEvents } from '../events/object_events.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { titleOf } from '../ui/format.ts';
import { Go } from '../ui/go.tsx';
import { Money } from '../ui/money.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { idOf } from '../ui/id_of.ts';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { InvoiceActions } from './actions.tsx';
import { numberOf } from './columns.tsx';
import { Explanation } from './explanation.tsx';
import { Lines } from './lines.tsx';
import { CreditNotes, Payments } from './settlement.tsx';
import { Totals } from './totals.tsx';

export function Component() {
  const { id = '' } = useParams();
  const query = useGet<Stripe.Invoice>(`/v1/invoices/${id}`);
  const { data, error } = query;
  return (
    <Page
      title={data === undefined ? 'Invoice' : `Invoice ${numberOf(data)}`}
      crumbs={[['Invoices', '/invoices']]}
      beside={
        <Group gap="xs">
          <Status of={data?.status} />
          <CopyId id={id} label="invoice ID" />
        </Group>
      }
      actions={data && <InvoiceActions invoice={data} />}
    >
      {error !== null && <Failure error={error} retry={() => void query.refetch()} what="This invoice" />}
      {error === null && (data === undefined ? <Skeleton h={320} radius="md" /> : <Parts invoice={data} />)}
    </Page>
  );
}

function Parts({ invoice }: { readonly invoice: Stripe.Invoice }) {
  return (
    <>
      <Says invoice={invoice} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="lg">
            <Panel title="Lines" isFlush>
              <Lines invoice={invoice} />
              <Box p="md">
                <Totals invoice={invoice} />
              </Box>
            </Panel>
            <Explanation id={invoice.id} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Details invoice={invoice} />
        </Grid.Col>
      </Grid>
      <Payments invoice={invoice} />
      <CreditNotes invoice={invoice} />
      <ObjectEvents id={invoice.id} />
    </>
  );
}

/** What comes next, in a sentence. */
function Says({ invoice }: { readonly invoice: Stripe.Invoice }) {
  const { status, automatically_finalizes_at: finalizesAt, next_payment_attempt: attempt, due_date: due } = invoice;
  if (status === 'draft') {
    return (
      <Alert color="gray" variant="light">
        {finalizesAt === null || invoice.auto_advance === false ? (
          'A draft: it can be changed, and waits for you to finalize it.'
        ) : (
          <>
            A draft: it can be changed, and usage that still comes is counted. It is finalized{' '}
            <When at={finalizesAt} as="time" />.
          </>
        )}
      </Alert>
    );
  }
  if (status !== 'open') return null;
  const isTried = invoice.attempt_count > 0;
  return (
    <Alert color={isTried ? 'red' : 'indigo'} variant="light">
      <Text size="sm">
        <Money amount={invoice.amount_remaining} currency={invoice.currency} fw={650} /> is to be paid
        {due !== null && (
          <>
            {' '}
            until <When at={due} as="date" />
          </>
        )}
        .
        {isTried &&
          ` ${invoice.attempt_count === 1 ? 'A payment has' : `${invoice.attempt_count} payments have`} failed.`}
        {attempt !== null && (
          <>
            {' '}
            The next attempt is <When at={attempt} as="time" />.
          </>
        )}
      </Text>
    </Alert>
  );
}

function Details({ invoice }: { readonly invoice: Stripe.Invoice }) {
  const customer = idOf(invoice.customer) ?? '';
  const subscription = idOf(invoice.parent?.subscription_details?.subscription);
  const { finalized_at: finalized, paid_at: paid, voided_at: voided } = invoice.status_transitions;
  const at = (moment: number | null) => (moment === null ? undefined : <When at={moment} as="date" />);
  return (
    <Panel title="Details">
      <Stack>
        <Facts
          of={[
            [
              'Customer',
              <Go key="customer" to={`/customers/${customer}`}>
                {invoice.customer_name ?? invoice.customer_email ?? customer}
              </Go>,
            ],
            [
              'Subscription',
              subscription && (
                <Go key="subscription" to={`/subscriptions/${subscription}`}>
                  {subscription}
                </Go>
              ),
            ],
            ['Reason', invoice.billing_reason === null ? undefined : titleOf(invoice.billing_reason)],
            ['Billing method', titleOf(invoice.collection_method)],
            ['Created', at(invoice.created)],
            ['Finalized', at(finalized)],
            ['Due', at(invoice.due_date)],
            ['Paid', at(paid)],
            ['Voided', at(voided)],
            ['Description', invoice.description ?? undefined],
          ]}
        />
        <Links invoice={invoice} />
      </Stack>
    </Panel>
  );
}

function Links({ invoice: { hosted_invoice_url: page, invoice_pdf: pdf } }: { readonly invoice: Stripe.Invoice }) {
  if (page == null && pdf == null) return null;
  return (
    <Group gap="xs">
      {page != null && (
        <Button
          component="a"
          href={page}
          target="_blank"
          rel="noreferrer"
          size="xs"
          variant="default"
          leftSection={<IconExternalLink size={14} aria-hidden />}
        >
          Invoice page
        </Button>
      )}
      {pdf != null && (
        <Button
          component="a"
          href={pdf}
          target="_blank"
          rel="noreferrer"
          size="xs"
          variant="default"
          leftSection={<IconFileTypePdf size={14} aria-hidden />}
        >
          PDF
        </Button>
      )}
    </Group>
  );
}
