import { Stack, Table, Text } from '@mantine/core';
import type Stripe from 'stripe';
import { formatDate, formatNumber, formatUnitAmount } from '../ui/format.ts';
import { Money } from '../ui/money.tsx';
import { useLines } from './preview.ts';

type Props = { readonly invoice: Stripe.Invoice; readonly isNarrow?: boolean };

/** The lines of an invoice: what for, of which time, how much of it, at what price. */
export function Lines({ invoice, isNarrow = false }: Props) {
  const lines = useLines(invoice);
  const visibleFrom = isNarrow ? 'xl' : 'sm';
  if (lines.length === 0) {
    return (
      <Text c="dimmed" size="sm" p="md">
        No lines yet.
      </Text>
    );
  }
  return (
    <Table verticalSpacing="xs" horizontalSpacing="md" aria-label="Lines">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Description</Table.Th>
          <Table.Th ta="right" visibleFrom={visibleFrom}>
            Quantity
          </Table.Th>
          <Table.Th ta="right" visibleFrom={visibleFrom}>
            Unit price
          </Table.Th>
          <Table.Th ta="right">Amount</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lines.map((line) => (
          <Table.Tr key={line.id}>
            <Table.Td>
              <Stack gap={0}>
                <Text size="sm">{line.description ?? '—'}</Text>
                <Text size="xs" c="dimmed">
                  {periodWords(line)}
                </Text>
              </Stack>
            </Table.Td>
            <Table.Td ta="right" visibleFrom={visibleFrom}>
              {formatNumber(String(line.quantity_decimal ?? line.quantity ?? ''))}
            </Table.Td>
            <Table.Td ta="right" visibleFrom={visibleFrom}>
              {unitPrice(line)}
            </Table.Td>
            <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
              <Money amount={line.amount} currency={line.currency} size="sm" />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function periodWords({ period }: Stripe.InvoiceLineItem): string {
  const [start, end] = [formatDate(period.start), formatDate(period.end)];
  return start === end ? start : `${start} – ${end}`;
}

function unitPrice({ pricing, currency }: Stripe.InvoiceLineItem): string {
  const amount = pricing?.unit_amount_decimal;
  return amount == null ? '—' : formatUnitAmount(String(amount), currency);
}
