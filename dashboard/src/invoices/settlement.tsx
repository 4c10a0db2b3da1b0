import type Stripe from 'stripe';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { titleOf } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import { idOf } from '../ui/id_of.ts';
import { ShortList } from '../ui/short_list.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

const PAYMENTS: readonly Column<Stripe.InvoicePayment>[] = [
  {
    header: 'Amount',
    cell: ({ amount_paid: paid, amount_requested: asked, currency }) => (
      <Money amount={paid ?? asked} currency={currency} />
    ),
    value: ({ amount_paid: paid }) => paid,
  },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  {
    header: 'Payment',
    cell: ({ payment }) => <CopyId id={idOf(payment.payment_intent) ?? payment.type} label="payment ID" />,
    isMinor: true,
  },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created },
];

/** What was paid, or tried. */
export function Payments({ invoice }: { readonly invoice: Stripe.Invoice }) {
  if (invoice.status === 'draft') return null;
  return (
    <ShortList
      title="Payments"
      path="/v1/invoice_payments"
      params={{ invoice: invoice.id }}
      columns={PAYMENTS}
      empty="None: nothing was charged for it."
    />
  );
}

const NOTES: readonly Column<Stripe.CreditNote>[] = [
  { header: 'Number', cell: ({ number }) => number, value: ({ number }) => number },
  { header: 'Status', cell: ({ status }) => titleOf(status), value: ({ status }) => status },
  {
    header: 'Amount',
    align: 'right',
    cell: ({ total, currency }) => <Money amount={total} currency={currency} />,
    value: ({ total }) => total,
  },
  { header: 'Reason', cell: ({ reason }) => (reason === null ? '—' : titleOf(reason)), isMinor: true },
  {
    header: 'PDF',
    cell: ({ pdf }) => (
      <a href={pdf} target="_blank" rel="noreferrer">
        Open
      </a>
    ),
    isMinor: true,
  },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created },
];

/** What was taken off it once it was final. */
export function CreditNotes({ invoice }: { readonly invoice: Stripe.Invoice }) {
  if (invoice.status === 'draft') return null;
  return (
    <ShortList
      title="Credit notes"
      path="/v1/credit_notes"
      params={{ invoice: invoice.id }}
      columns={NOTES}
      empty="None. Issue a credit note to take something off a final invoice."
    />
  );
}
