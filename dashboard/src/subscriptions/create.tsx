import { Alert, Button, Grid, Group, Stack, Text } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { AddCustomer } from '../customers/add_customer.tsx';
import { CustomerSelect } from '../customers/customer_select.tsx';
import { NoPaymentMethod } from '../customers/test_card.tsx';
import { nowOf, useCustomer } from '../customers/time.ts';
import { usePreview } from '../invoices/preview.ts';
import { PreviewPanel } from '../invoices/preview_panel.tsx';
import { usePath, useSpace } from '../session/space.ts';
import { formatDate } from '../ui/format.ts';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { createParams, type Draft, NEW_DRAFT, previewParams } from './draft.ts';
import { ItemsFieldset } from './items_fieldset.tsx';
import { useCreateWords } from './list.tsx';
import { AdvancedSettings, SettingsFieldset } from './settings_fieldset.tsx';

const PAUSE_MS = 300;

/** A form with everything that a subscription begins with, and what its first invoice would be. */
export function Component() {
  const { account } = useSpace();
  const path = usePath();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [draft, setDraft] = useState<Draft>({ ...NEW_DRAFT, customer: search.get('customer') });
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const submit = useCreateWords();
  const create = useAction(
    (client, asked: Draft) => client.post<Stripe.Subscription>('/v1/subscriptions', createParams(asked)),
    { done: 'Subscription created', onDone: ({ id }) => void navigate(path(`/subscriptions/${id}`)), isQuiet: true },
  );
  return (
    <Page
      title={account.livemode ? 'Create a subscription' : 'Create a test subscription'}
      crumbs={[['Subscriptions', '/subscriptions']]}
    >
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              create.mutate(draft);
            }}
          >
            <Stack gap="lg">
              <CustomerPanel draft={draft} onChange={change} />
              <Panel title="Products">
                <ItemsFieldset items={draft.items} onChange={(items) => change({ items })} />
              </Panel>
              <Panel title="Subscription details">
                <SettingsFieldset draft={draft} onChange={change} />
              </Panel>
              <AdvancedSettings draft={draft} onChange={change} />
              {create.error !== null && (
                <Alert color="red" variant="light" role="alert">
                  {create.error.message}
                </Alert>
              )}
              <Group justify="flex-end">
                <Button variant="default" component={Link} to={path('/subscriptions')}>
                  Cancel
                </Button>
                <Button type="submit" loading={create.isPending} disabled={createParams(draft) === undefined}>
                  {submit}
                </Button>
              </Group>
            </Stack>
          </form>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <FirstInvoice draft={draft} />
        </Grid.Col>
      </Grid>
    </Page>
  );
}

type PartProps = { readonly draft: Draft; readonly onChange: (part: Partial<Draft>) => void };

function CustomerPanel({ draft, onChange }: PartProps) {
  const [opened, { open, close }] = useDisclosure();
  const customer = useCustomer(draft.customer);
  const isUnpayable =
    draft.collection === 'charge_automatically' && customer.data?.invoice_settings.default_payment_method === null;
  return (
    <Panel
      title="Customer"
      actions={
        <Button size="xs" variant="subtle" onClick={open}>
          Add customer
        </Button>
      }
    >
      <Stack gap="sm">
        <CustomerSelect value={draft.customer} onChange={(id) => onChange({ customer: id })} required />
        {isUnpayable && draft.customer !== null && <NoPaymentMethod customer={draft.customer} />}
      </Stack>
      <AddCustomer opened={opened} onClose={close} onAdded={({ id }) => onChange({ customer: id })} />
    </Panel>
  );
}

function FirstInvoice({ draft }: { readonly draft: Draft }) {
  const [settled] = useDebouncedValue(draft, PAUSE_MS);
  const customer = useCustomer(settled.customer);
  const now = useMinute(nowOf(customer.data));
  const preview = usePreview(customer.data === undefined ? null : previewParams(settled, now));
  return (
    <PreviewPanel
      title="First invoice"
      preview={preview}
      waiting="Choose a customer and a product to see what is billed."
      says={(invoice) => <FirstSays draft={settled} invoice={invoice} now={now} />}
    />
  );
}

type SaysProps = { readonly draft: Draft; readonly invoice: Stripe.Invoice; readonly now: number };

function FirstSays({ draft, invoice, now }: SaysProps) {
  if (draft.trialDays > 0)
    return <>Nothing is charged in the trial, until {formatDate(now + draft.trialDays * 86_400)}.</>;
  if (invoice.period_end > now + 60) return <>Billed on {formatDate(invoice.period_end)}, with the usage until then.</>;
  return (
    <Text inherit>
      {draft.collection === 'send_invoice' ? 'Sent now.' : 'Charged now.'} Usage is billed when its period ends.
    </Text>
  );
}

/** A time that does not change while one looks at a form, so that the same question is not asked again each second. */
function useMinute(now: number): number {
  const [first, setFirst] = useState(now);
  if (Math.abs(now - first) > 60) setFirst(now);
  return first;
}
