import { naiveRate, type Rational } from '../support/naive-rating.ts';
import { naiveDiscounts, naiveTaxesByLine } from '../support/naive-totals.ts';
import { naiveCounted, naiveUsage } from '../support/naive-usage.ts';
import type { Span } from './calendar.ts';
import {
  type Charge,
  type Coupon,
  type Invoice,
  type Line,
  named,
  type Rate,
  type Totals,
  type World,
} from './world.ts';

type Amount = Pick<Line, 'of' | 'amount' | 'quantity' | 'period'> & { readonly discountable: boolean };

/** What is taken off the lines of an invoice, and what taxes they have. */
type Terms = { readonly discounts: readonly Coupon[]; readonly rates: readonly Rate[] };

/** An invoice as it is now: what finalization froze, or computed anew from all usage that is known. */
export function totalsOf(world: World, invoice: Invoice): Totals {
  return invoice.totals ?? computeTotals(world, invoice.customer, invoice.charges, invoice);
}

/** Line by line and event by event; discounts come before taxes, all exact until a line is rounded. */
export function computeTotals(world: World, customer: string, charges: readonly Charge[], terms: Terms): Totals {
  const amounts = charges.flatMap((charge) => amountsOf(world, customer, charge));
  const reduced = naiveDiscounts(
    amounts.map(({ amount, discountable }) => ({ amount, discountable, productId: null })),
    terms.discounts.map(({ off }) => ({ off, products: null, lines: null })),
  );
  const rates = [...terms.rates];
  const taxes = naiveTaxesByLine(reduced.map(({ left }) => ({ amount: left, rates })));
  const lines = amounts.map(({ of, amount, quantity, period }, place) => {
    const off = sum([...reduced[place]!.off.values()]);
    return { of, amount, quantity, period, off, tax: sum(taxes[place]!) };
  });
  const onTop = taxes.flatMap((own) => own.filter((_, index) => !rates[index]!.inclusive));
  const subtotal = sum(lines.map(({ amount }) => amount));
  const discount = sum(lines.map(({ off }) => off));
  const tax = sum(lines.map((line) => line.tax));
  return { lines, subtotal, discount, tax, total: subtotal - discount + sum(onTop) };
}

function amountsOf(world: World, customer: string, charge: Charge): Amount[] {
  if (charge.kind === 'once') {
    const { name, amount, discountable, quantity, period } = charge;
    return [{ of: name, amount, quantity, period, discountable }];
  }
  const { item, price, period } = charge;
  const quantity =
    charge.kind === 'usage' ? usageIn(world, { customer, meter: price.meter!, period }) : charge.quantity;
  if (charge.free) return [{ of: item, amount: 0n, quantity, period, discountable: true }];
  const rated = naiveRate(price.model, quantity);
  const lines = charge.kind === 'units' && charge.announces ? rated.slice(0, 1) : rated;
  return lines.map((line) => ({
    of: item,
    amount: line.amount,
    quantity: plain(line.quantity),
    period,
    discountable: true,
  }));
}

/** What a customer used of a meter in a span, by adding up every event again. */
export function usageIn(
  world: World,
  { customer, meter, period }: { readonly customer: string; readonly meter: string; readonly period: Span },
): string {
  const own = world.usage.filter((event) => event.customer === customer && event.meter === meter);
  const counted = naiveCounted(own, world.cancelled);
  return naiveUsage(named(world.meters, meter), counted, period.start * 1000, period.end * 1000);
}

/** A fraction whose denominator is a power of ten, as plain decimal text without zeros at the end. */
export function plain({ numerator, denominator }: Rational): string {
  const places = String(denominator).length - 1;
  const digits = String(numerator < 0n ? -numerator : numerator).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${numerator < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
