import {
  compareRationals,
  type NaiveLine,
  type NaivePrice,
  naiveRate,
  naiveTotal,
  type Rational,
  rational,
} from '../support/naive-rating.ts';
import { naiveDiscounts, naiveTaxesByLine } from '../support/naive-totals.ts';
import { naiveCounted, naiveUsage } from '../support/naive-usage.ts';
import { share, type Span } from './calendar.ts';
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

type Amount = Pick<Line, 'of' | 'amount' | 'quantity' | 'period'> & {
  readonly discountable: boolean;
  readonly charge: Charge;
};

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
  const rates = amounts.map(({ charge }) => [...((charge.kind === 'once' ? charge.rates : null) ?? terms.rates)]);
  const taxes = naiveTaxesByLine(reduced.map(({ left }, place) => ({ amount: left, rates: rates[place]! })));
  const lines = amounts.map(({ of, amount, quantity, period, charge }, place) => {
    const off = sum([...reduced[place]!.off.values()]);
    const counts = 'counts' in charge ? charge.counts : null;
    return { of, amount, quantity, period, off, tax: sum(taxes[place]!), rates: rates[place]!, counts };
  });
  const onTop = taxes.flatMap((own, place) => own.filter((_, index) => !rates[place]![index]!.inclusive));
  const subtotal = sum(lines.map(({ amount }) => amount));
  const discount = sum(lines.map(({ off }) => off));
  const tax = sum(lines.map((line) => line.tax));
  return { lines, subtotal, discount, tax, total: subtotal - discount + sum(onTop) };
}

function amountsOf(world: World, customer: string, charge: Charge): Amount[] {
  if (charge.kind === 'once') {
    const { name, amount, discountable, quantity, period } = charge;
    return [{ of: name, amount, quantity, period, discountable, charge }];
  }
  const { item, price, period } = charge;
  if (charge.kind === 'late') return lateAmount(world, customer, charge);
  const quantity = charge.kind === 'usage' ? usedOf(world, customer, charge) : charge.quantity;
  if (charge.free)
    return [{ of: item, amount: 0n, quantity: atLeastNone(quantity), period, discountable: true, charge }];
  const rated =
    charge.kind === 'usage' && charge.billed !== '0'
      ? naiveBeyond(price.model, quantity, charge.billed)
      : naiveRate(price.model, quantity);
  const lines = charge.kind === 'units' && charge.announces ? rated.slice(0, 1) : rated;
  return lines.map((line) => ({
    of: item,
    amount: charge.kind === 'units' ? share(line.amount, charge.whole, period) : line.amount,
    quantity: plain(line.quantity),
    period,
    discountable: true,
    charge,
  }));
}

/** Less than nothing is shown as nothing. */
function atLeastNone(quantity: string): string {
  return quantity.startsWith('-') ? '0' : quantity;
}

type UsageCharge = Extract<Charge, { readonly kind: 'usage' | 'late' }>;

/** What was used in the period of a charge, as far as it is known now. */
export function usedOf(world: World, customer: string, charge: UsageCharge): string {
  if (charge.kind === 'usage' && charge.used !== null) return charge.used;
  return usageIn(world, { customer, meter: charge.price.meter!, period: charge.period });
}

/** What the whole period costs by now, less what it cost when it was billed; corrections and what costs nothing are left out. */
function lateAmount(world: World, customer: string, charge: Extract<Charge, { readonly kind: 'late' }>): Amount[] {
  const { item, price, period, billed } = charge;
  const used = usedOf(world, customer, charge);
  const more = lateOf(price.model, used, billed);
  if (more === null) return [];
  return [{ of: item, ...more, period, discountable: true, charge }];
}

/** What usage beyond what was billed costs; null: nothing that is billed. */
export function lateOf(model: NaivePrice, used: string, billed: string) {
  const more = minus(rational(used), rational(billed));
  const amount = naiveTotal(model, used) - naiveTotal(model, billed);
  return more.numerator > 0n && amount > 0n ? { quantity: plain(more), amount } : null;
}

/**
 * The lines of a period of which a part is billed: of each what it is now, less what it was. What bills nothing more is left
 * out, but for one line; of volume prices the tier that holds now takes the place of the one before.
 */
export function naiveBeyond(model: NaivePrice, used: string, billed: string): NaiveLine[] {
  const before = naiveRate(model, billed);
  const now = naiveRate(model, compareRationals(rational(used), rational(billed)) < 0 ? billed : used);
  const isVolume = model.scheme === 'tiered' && model.mode === 'volume';
  const rest = now.map((line) => {
    const earlier = before.find(({ kind, tier }) => kind === line.kind && (isVolume || tier === line.tier));
    if (earlier === undefined) return line;
    return { ...line, quantity: minus(line.quantity, earlier.quantity), amount: line.amount - earlier.amount };
  });
  const more = rest.filter(({ quantity, amount }) => quantity.numerator !== 0n || amount !== 0n);
  return more.length > 0 ? more : rest.filter(({ kind }) => kind === 'usage').slice(-1);
}

export function minus(a: Rational, b: Rational): Rational {
  const larger = a.denominator > b.denominator ? a.denominator : b.denominator;
  const scaled = ({ numerator, denominator }: Rational) => numerator * (larger / denominator);
  return { numerator: scaled(a) - scaled(b), denominator: larger };
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
