import { Button, Menu, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type Stripe from 'stripe';
import type { Client } from '../api/client.ts';
import { useAction } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { FormModal } from '../ui/form_modal.tsx';
import { AddLine } from './add_line.tsx';
import { IssueCreditNote } from './credit_note.tsx';

type Verb = {
  readonly label: string;
  /** What it will do. */
  readonly says: string;
  readonly done: string;
  readonly isDangerous?: true;
  readonly act: (client: Client, id: string) => Promise<unknown>;
};

const post =
  (verb: string, params = {}) =>
  async (client: Client, id: string) =>
    await client.post(`/v1/invoices/${id}${verb}`, params);

const FINALIZE: Verb = {
  label: 'Finalize',
  says: 'It gets its number and can’t be changed any more. What is due is then collected as the invoice says.',
  done: 'Invoice finalized',
  act: post('/finalize'),
};

const PAY: Verb = {
  label: 'Pay',
  says: 'What is left to pay is charged to the default payment method at once.',
  done: 'Invoice paid',
  act: post('/pay'),
};

const PAY_ELSEWHERE: Verb = {
  label: 'Mark as paid',
  says: 'It was paid elsewhere, for example by a transfer: nothing is charged.',
  done: 'Invoice marked as paid',
  act: post('/pay', { paid_out_of_band: true }),
};

const SEND: Verb = {
  label: 'Send',
  says: 'The customer is sent the invoice. A draft is finalized first.',
  done: 'Invoice sent',
  act: post('/send'),
};

const VOID: Verb = {
  label: 'Void',
  says: 'It keeps its number and is owed no more. That can’t be undone.',
  done: 'Invoice voided',
  isDangerous: true,
  act: post('/void'),
};

const UNCOLLECTIBLE: Verb = {
  label: 'Mark uncollectible',
  says: 'It is written off: nobody collects it any more. It can still be paid.',
  done: 'Invoice marked uncollectible',
  isDangerous: true,
  act: post('/mark_uncollectible'),
};

const DELETE: Verb = {
  label: 'Delete draft',
  says: 'The draft is gone for good. Only a draft that no subscription made can be deleted.',
  done: 'Draft deleted',
  isDangerous: true,
  act: (client, id) => client.remove(`/v1/invoices/${id}`),
};

/** What can be done with an invoice in its state, the most likely first. */
function verbsOf({ status, collection_method: method, parent }: Stripe.Invoice): readonly Verb[] {
  const isOfSubscription = parent?.subscription_details != null;
  if (status === 'draft') {
    return [FINALIZE, ...(method === 'send_invoice' ? [SEND] : []), ...(isOfSubscription ? [] : [DELETE])];
  }
  if (status === 'open') {
    return [...(method === 'send_invoice' ? [SEND, PAY] : [PAY]), PAY_ELSEWHERE, UNCOLLECTIBLE, VOID];
  }
  return status === 'uncollectible' ? [PAY, PAY_ELSEWHERE, VOID] : [];
}

type Form = Verb | 'line' | 'note';

export function InvoiceActions({ invoice }: { readonly invoice: Stripe.Invoice }) {
  const [form, setForm] = useState<Form | null>(null);
  const [first, ...rest] = verbsOf(invoice);
  const canCredit = invoice.status === 'open' || invoice.status === 'paid' || invoice.status === 'uncollectible';
  const close = () => setForm(null);
  return (
    <>
      {invoice.status === 'draft' && (
        <Button variant="default" onClick={() => setForm('line')}>
          Add line
        </Button>
      )}
      {canCredit && (
        <Button variant="default" onClick={() => setForm('note')}>
          Issue credit note
        </Button>
      )}
      {rest.length > 0 && (
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
              Actions
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {rest.map((verb) => (
              <Menu.Item
                key={verb.label}
                color={verb.isDangerous === true ? 'red' : undefined}
                onClick={() => setForm(verb)}
              >
                {verb.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {first !== undefined && <Button onClick={() => setForm(first)}>{first.label}</Button>}
      {form === 'line' && <AddLine invoice={invoice} onClose={close} />}
      {form === 'note' && <IssueCreditNote invoice={invoice} onClose={close} />}
      {form !== null && typeof form === 'object' && <Confirm verb={form} invoice={invoice} onClose={close} />}
    </>
  );
}

type ConfirmProps = { readonly verb: Verb; readonly invoice: Stripe.Invoice; readonly onClose: () => void };

function Confirm({ verb, invoice, onClose }: ConfirmProps) {
  const navigate = useNavigate();
  const path = usePath();
  const act = useAction((client) => verb.act(client, invoice.id), {
    done: verb.done,
    onDone() {
      if (verb === DELETE) void navigate(path('/invoices'));
      else onClose();
    },
    isQuiet: true,
  });
  return (
    <FormModal
      title={`${verb.label} this invoice`}
      submit={verb.label}
      opened
      onClose={onClose}
      onSubmit={() => act.mutate(undefined)}
      isPending={act.isPending}
      error={act.error}
      isDangerous={verb.isDangerous}
    >
      <Text size="sm">{verb.says}</Text>
    </FormModal>
  );
}
