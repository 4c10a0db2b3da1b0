import { Text } from '@mantine/core';
import type Stripe from 'stripe';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { When } from '../ui/when.tsx';
import { eventWords } from './words.ts';

const COLUMNS: readonly Column<Stripe.Event>[] = [
  { header: 'Event', cell: (event) => <Text size="sm">{eventWords(event)}</Text>, value: eventWords },
  { header: 'Type', cell: ({ type }) => <code>{type}</code>, value: ({ type }) => type, isMinor: true },
  { header: 'When', cell: ({ created }) => <When at={created} />, value: ({ created }) => created },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="event ID" />, value: ({ id }) => id, isMinor: true },
];

/** What is filtered by: types by how they begin, and single ones that are looked for most. */
const TYPES = [
  ['billing.*', 'billing.*'],
  ['charge.*', 'charge.*'],
  ['credit_note.*', 'credit_note.*'],
  ['customer.created', 'customer.created'],
  ['customer.subscription.*', 'customer.subscription.*'],
  ['customer.*', 'customer.*'],
  ['invoice.created', 'invoice.created'],
  ['invoice.finalized', 'invoice.finalized'],
  ['invoice.paid', 'invoice.paid'],
  ['invoice.payment_failed', 'invoice.payment_failed'],
  ['invoice.*', 'invoice.*'],
  ['invoiceitem.*', 'invoiceitem.*'],
  ['payment_intent.*', 'payment_intent.*'],
  ['payment_method.*', 'payment_method.*'],
  ['price.*', 'price.*'],
  ['product.*', 'product.*'],
  ['subscription_schedule.*', 'subscription_schedule.*'],
  ['test_helpers.test_clock.*', 'test_helpers.test_clock.*'],
] as const;

export function Component() {
  return (
    <Page title="Events">
      <ResourceList
        path="/v1/events"
        noun="events"
        columns={COLUMNS}
        filters={[{ param: 'type', label: 'Type', options: TYPES }]}
        to={({ id }) => `/events/${id}`}
        empty={
          <Empty title="No events yet" curl={<Curl path="/v1/customers" params={['name=Jenny Rosen']} />}>
            Every change is told by an event, with the object as it was then. Create a customer, and here is the first.
          </Empty>
        }
      />
    </Page>
  );
}
