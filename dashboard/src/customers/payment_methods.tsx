import { Badge, Button, Group, Menu } from '@mantine/core';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { titleOf } from '../ui/format.ts';
import { idOf } from '../ui/id_of.ts';
import { RowMenu } from '../ui/row_menu.tsx';
import { ShortList } from '../ui/short_list.tsx';
import { useTestCard } from './test_card.tsx';
import type { TimedCustomer } from './time.ts';

type Props = { readonly customer: TimedCustomer };

const TEST_CARDS = [
  ['pm_card_visa', 'Visa that pays'],
  ['pm_card_mastercard', 'Mastercard that pays'],
  ['pm_card_chargeCustomerFail', 'Card that is declined when charged'],
  ['pm_card_authenticationRequired', 'Card that asks for authentication'],
] as const;

/** What a customer pays with; one of them by default. */
export function PaymentMethods({ customer }: Props) {
  const preferred = idOf(customer.invoice_settings.default_payment_method);
  const prefer = useAction(
    (client, method: string) =>
      client.post(`/v1/customers/${customer.id}`, { invoice_settings: { default_payment_method: method } }),
    { done: 'Default changed' },
  );
  const detach = useAction((client, method: string) => client.post(`/v1/payment_methods/${method}/detach`), {
    done: 'Payment method detached',
  });
  const columns: readonly Column<Stripe.PaymentMethod>[] = [
    {
      header: 'Method',
      cell: (method) => (
        <Group gap="xs" wrap="nowrap">
          {wordsOf(method)}
          {method.id === preferred && (
            <Badge size="sm" variant="light" tt="none">
              Default
            </Badge>
          )}
        </Group>
      ),
      value: wordsOf,
    },
    { header: 'Expires', cell: ({ card }) => expiryOf(card), isMinor: true },
    { header: 'ID', cell: ({ id }) => <CopyId id={id} label="payment method ID" />, isMinor: true },
    {
      header: '',
      align: 'right',
      cell: (method) => (
        <RowMenu label={`Actions for ${wordsOf(method)}`}>
          <Menu.Item disabled={method.id === preferred} onClick={() => prefer.mutate(method.id)}>
            Make default
          </Menu.Item>
          <Menu.Item color="red" onClick={() => detach.mutate(method.id)}>
            Detach
          </Menu.Item>
        </RowMenu>
      ),
    },
  ];
  return (
    <ShortList
      title="Payment methods"
      path={`/v1/customers/${customer.id}/payment_methods`}
      columns={columns}
      empty="None: invoices that are charged automatically can’t be paid."
      actions={<AddTestCard customer={customer.id} />}
    />
  );
}

function AddTestCard({ customer }: { readonly customer: string }) {
  const { account } = useSpace();
  const attach = useTestCard(customer);
  if (account.livemode) return null;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button size="xs" variant="subtle" loading={attach.isPending}>
          Add test card
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {TEST_CARDS.map(([id, label]) => (
          <Menu.Item key={id} onClick={() => attach.mutate(id)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function wordsOf({ type, card, us_bank_account: bank }: Stripe.PaymentMethod): string {
  if (card !== undefined) return `${titleOf(card.brand)} •••• ${card.last4}`;
  return bank === undefined ? titleOf(type) : `${bank.bank_name ?? 'Bank account'} •••• ${bank.last4 ?? ''}`;
}

function expiryOf(card: Stripe.PaymentMethod.Card | undefined): string {
  return card === undefined ? '—' : `${String(card.exp_month).padStart(2, '0')}/${card.exp_year}`;
}
