import { Table } from '@mantine/core';
import type Stripe from 'stripe';
import { formatNumber, formatUnitAmount } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';

/** The tiers of a price, and what it costs in other currencies. */
export function PriceTiers({ price }: { readonly price: Stripe.Price }) {
  const options = Object.entries(price.currency_options ?? {});
  const others = options.filter(([currency]) => currency !== price.currency);
  return (
    <>
      {price.tiers !== undefined && <Tiers title="Tiers" tiers={price.tiers} currency={price.currency} />}
      {others.map(([currency, { tiers, unit_amount_decimal: amount }]) =>
        tiers === undefined ? (
          <Panel key={currency} title={`In ${currency.toUpperCase()}`}>
            {amount === null ? '—' : formatUnitAmount(String(amount), currency)}
          </Panel>
        ) : (
          <Tiers key={currency} title={`Tiers in ${currency.toUpperCase()}`} tiers={tiers} currency={currency} />
        ),
      )}
    </>
  );
}

type Tier = {
  readonly up_to: number | null;
  readonly unit_amount_decimal: Stripe.Decimal | null;
  readonly flat_amount_decimal: Stripe.Decimal | null;
};

type Props = { readonly title: string; readonly tiers: readonly Tier[]; readonly currency: string };

function Tiers({ title, tiers, currency }: Props) {
  const say = (amount: Stripe.Decimal | null) => (amount === null ? '—' : formatUnitAmount(String(amount), currency));
  return (
    <Panel title={title} isFlush>
      <Table.ScrollContainer minWidth={320} type="native">
        <Table aria-label={title} horizontalSpacing="md" style={{ fontVariantNumeric: 'tabular-nums' }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>First unit</Table.Th>
              <Table.Th>Last unit</Table.Th>
              <Table.Th ta="right">Per unit</Table.Th>
              <Table.Th ta="right">Flat fee</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tiers.map(({ up_to: upTo, unit_amount_decimal: unit, flat_amount_decimal: flat }, place) => (
              <Table.Tr key={upTo}>
                <Table.Td>{formatNumber((tiers[place - 1]?.up_to ?? 0) + 1)}</Table.Td>
                <Table.Td>{upTo === null ? '∞' : formatNumber(upTo)}</Table.Td>
                <Table.Td ta="right">{say(unit)}</Table.Td>
                <Table.Td ta="right">{say(flat)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
