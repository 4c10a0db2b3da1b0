import { Alert, Button, Grid, Group, Radio, Skeleton, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { useAction, useGet } from '../api/hooks.ts';
import { nameOfCustomer } from '../customers/name.ts';
import { nowOf, type TimedCustomer, useCustomer } from '../customers/time.ts';
import { usePreview } from '../invoices/preview.ts';
import { PreviewPanel } from '../invoices/preview_panel.tsx';
import { usePath } from '../session/space.ts';
import { Failure } from '../ui/failure.tsx';
import { formatDate } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { idOf } from '../ui/id_of.ts';
import type { DraftItem } from './draft.ts';
import { ItemsFieldset } from './items_fieldset.tsx';
import { changesOf, itemsOf, type Proration } from './update_draft.ts';

const PAUSE_MS = 300;

/** Other prices, other quantities; and what exactly would be billed for that. */
export function Component() {
  const { id = '' } = useParams();
  const query = useGet<Stripe.Subscription>(`/v1/subscriptions/${id}`, {
    expand: ['customer', 'items.data.price.product', 'items.data.price.tiers'],
  });
  const customer = useCustomer(query.data && idOf(query.data.customer));
  return (
    <Page
      title="Update subscription"
      crumbs={[
        ['Subscriptions', '/subscriptions'],
        [query.data === undefined ? 'Subscription' : nameOfCustomer(query.data.customer), `/subscriptions/${id}`],
      ]}
    >
      {query.error !== null && (
        <Failure error={query.error} retry={() => void query.refetch()} what="This subscription" />
      )}
      {customer.error !== null && (
        <Failure error={customer.error} retry={() => void customer.refetch()} what="This customer" />
      )}
      {query.data !== undefined && customer.data !== undefined ? (
        <Form subscription={query.data} customer={customer.data} />
      ) : (
        (query.error ?? customer.error) === null && <Skeleton h={320} radius="md" />
      )}
    </Page>
  );
}

type FormProps = { readonly subscription: Stripe.Subscription; readonly customer: TimedCustomer };

function Form({ subscription, customer }: FormProps) {
  const path = usePath();
  const navigate = useNavigate();
  const [items, setItems] = useState<readonly DraftItem[]>(() => itemsOf(subscription));
  const [proration, setProration] = useState<Proration>('create_prorations');
  // What the preview shows is what the change bills, however long one looks at it: both are of this second.
  const [at] = useState(() => nowOf(customer));
  const changes = changesOf(subscription, items);
  const asked: Params | null = changes === undefined ? null : { items: changes, ...prorationParams(proration, at) };
  const [settled] = useDebouncedValue(asked, PAUSE_MS);
  const preview = usePreview(settled && { subscription: subscription.id, subscription_details: settled });
  const back = path(`/subscriptions/${subscription.id}`);
  const update = useAction((client, params: Params) => client.post(`/v1/subscriptions/${subscription.id}`, params), {
    done: 'Subscription updated',
    onDone: () => void navigate(back),
    isQuiet: true,
  });
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 7 }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (asked !== null) update.mutate(asked);
          }}
        >
          <Stack gap="lg">
            <Panel title="Products">
              <ItemsFieldset items={items} onChange={setItems} />
            </Panel>
            <ProrationPanel value={proration} onChange={setProration} />
            {update.error !== null && (
              <Alert color="red" variant="light" role="alert">
                {update.error.message}
              </Alert>
            )}
            <Group justify="flex-end">
              <Button variant="default" component={Link} to={back}>
                Cancel
              </Button>
              <Button type="submit" loading={update.isPending} disabled={asked === null}>
                Update subscription
              </Button>
            </Group>
          </Stack>
        </form>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <PreviewPanel
          title={proration === 'always_invoice' ? 'Invoice of the change' : 'Next invoice'}
          preview={preview}
          waiting="Change a product or a quantity to see what is billed for that."
          nothing="Nothing is billed for this change."
          says={(invoice) => sayPreview(invoice, proration)}
        />
      </Grid.Col>
    </Grid>
  );
}

function prorationParams(behavior: Proration, at: number): Params {
  return { proration_behavior: behavior, proration_date: behavior === 'none' ? undefined : at };
}

function sayPreview(invoice: Stripe.Invoice, proration: Proration): string {
  if (proration === 'always_invoice') return 'Billed at once, to the second as shown here.';
  return `On ${formatDate(invoice.created)}, with what was used so far.`;
}

type ProrationProps = { readonly value: Proration; readonly onChange: (value: Proration) => void };

function ProrationPanel({ value, onChange }: ProrationProps) {
  return (
    <Panel title="Proration">
      <Radio.Group aria-label="Proration" value={value} onChange={(behavior) => onChange(behavior)}>
        <Stack gap="xs">
          <Radio
            value="create_prorations"
            label="Prorate with the next invoice"
            description="The difference for the rest of the period is charged or credited when it ends."
          />
          <Radio
            value="always_invoice"
            label="Prorate and invoice now"
            description="The difference is billed at once."
          />
          <Radio value="none" label="Don’t prorate" description="The change costs something from the next period on." />
        </Stack>
      </Radio.Group>
    </Panel>
  );
}
