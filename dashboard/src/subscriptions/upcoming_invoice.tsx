import { Box, Skeleton, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type Stripe from 'stripe';
import { Explanation } from '../invoices/explanation.tsx';
import { Lines } from '../invoices/lines.tsx';
import { usePreview } from '../invoices/preview.ts';
import { Totals } from '../invoices/totals.tsx';
import { Curl } from '../ui/curl.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { Go } from '../ui/go.tsx';
import { Money } from '../ui/money.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { idOf } from '../ui/id_of.ts';
import { When } from '../ui/when.tsx';

/** The next invoice of a subscription, whole. */
export function Component() {
  const { id = '' } = useParams();
  const preview = usePreview({ subscription: id });
  const { data, error } = preview;
  return (
    <Page
      title="Upcoming invoice"
      crumbs={[
        ['Subscriptions', '/subscriptions'],
        [data?.customer_name ?? 'Subscription', `/subscriptions/${id}`],
      ]}
    >
      {error !== null && <Failure error={error} retry={() => void preview.refetch()} what="The upcoming invoice" />}
      {error === null && (data === undefined ? <Skeleton h={240} radius="md" /> : <Whole invoice={data} id={id} />)}
      <Box>
        <Curl path="/v1/invoices/create_preview" params={[`subscription=${id}`]} />
      </Box>
    </Page>
  );
}

function Whole({ invoice, id }: { readonly invoice: Stripe.Invoice; readonly id: string }) {
  const customer = idOf(invoice.customer) ?? '';
  const isSent = invoice.collection_method === 'send_invoice';
  return (
    <>
      <Panel title="Summary">
        <Facts
          of={[
            [
              'Customer',
              <Go key="customer" to={`/customers/${customer}`}>
                {invoice.customer_name ?? invoice.customer_email ?? customer}
              </Go>,
            ],
            ['Billing method', isSent ? 'Send invoice' : 'Charge automatically'],
            ['Creation date', <When key="created" at={invoice.created} as="time" />],
            [
              'Connected subscription',
              <Go key="subscription" to={`/subscriptions/${id}`}>
                {id}
              </Go>,
            ],
            ['Amount due', <Money key="due" amount={invoice.amount_due} currency={invoice.currency} fw={650} />],
          ]}
        />
      </Panel>
      <Panel title="Subscription details" isFlush>
        <Lines invoice={invoice} />
        <Box p="md">
          <Totals invoice={invoice} />
        </Box>
      </Panel>
      <Text size="sm" c="dimmed">
        It shows the usage that has come so far, and changes with it until the invoice is final.
      </Text>
      <Explanation id={invoice.id} />
    </>
  );
}
