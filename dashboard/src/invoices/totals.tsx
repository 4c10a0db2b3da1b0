import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import { Money } from '../ui/money.tsx';
import { idOf } from '../ui/id_of.ts';

/** What the lines of an invoice add up to, and what of it is left to pay. */
export function Totals({ invoice }: { readonly invoice: Stripe.Invoice }) {
  const { currency, subtotal, total, amount_due: due, amount_paid: paid, amount_remaining: remaining } = invoice;
  const credited = invoice.pre_payment_credit_notes_amount;
  // Whatever is neither charged nor credited came from the customer's balance, or went there.
  const balance = due - total + credited;
  const money = (amount: number) => <Money amount={amount} currency={currency} />;
  return (
    <Stack gap={6} component="dl" m={0} maw={420} ml="auto">
      <Row name="Subtotal">{money(subtotal)}</Row>
      {(invoice.total_discount_amounts ?? []).map(({ amount, discount }) => (
        <Row key={idOf(discount)} name="Discount">
          {money(-amount)}
        </Row>
      ))}
      {(invoice.total_taxes ?? []).map((tax) => (
        <Row key={tax.tax_rate_details?.tax_rate ?? tax.type} name={<TaxName of={tax} />}>
          {money(tax.amount)}
        </Row>
      ))}
      <Row name="Total" isStrong>
        {money(total)}
      </Row>
      {credited > 0 && <Row name="Credit notes">{money(-credited)}</Row>}
      {balance !== 0 && <Row name={balance < 0 ? 'Paid from balance' : 'Taken from balance'}>{money(balance)}</Row>}
      <Row name="Amount due" isStrong>
        {money(due)}
      </Row>
      {paid > 0 && <Row name="Amount paid">{money(paid)}</Row>}
      {paid > 0 && <Row name="Amount remaining">{money(remaining)}</Row>}
    </Stack>
  );
}

type RowProps = { readonly name: ReactNode; readonly isStrong?: boolean; readonly children: ReactNode };

function Row({ name, isStrong = false, children }: RowProps) {
  const weight = isStrong ? 650 : undefined;
  return (
    <Group justify="space-between" gap="xl" wrap="nowrap">
      <Text component="dt" size="sm" fw={weight} c={isStrong ? undefined : 'dimmed'}>
        {name}
      </Text>
      <Text component="dd" size="sm" fw={weight} m={0}>
        {children}
      </Text>
    </Group>
  );
}

function TaxName({ of: tax }: { readonly of: Stripe.Invoice.TotalTax }) {
  const id = tax.tax_rate_details?.tax_rate;
  const rate = useGet<Stripe.TaxRate>(`/v1/tax_rates/${id}`, {}, { enabled: id !== undefined, staleTime: 60_000 });
  const name = rate.data === undefined ? 'Tax' : `${rate.data.display_name} (${rate.data.percentage} %)`;
  return <>{tax.tax_behavior === 'inclusive' ? `${name}, included` : name}</>;
}
