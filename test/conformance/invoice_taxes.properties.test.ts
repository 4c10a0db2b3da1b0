import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newPayer } from '../support/billed.ts';
import { naiveDiscounts, type NaiveRate, naiveTaxesByLine, naiveTaxesByRate } from '../support/naive-totals.ts';

const percentage = fc.integer({ min: 0, max: 1_000_000 }).map((parts) => String(parts / 10_000));

/** Lines by the places of their rates; one without any has those of the invoice. */
const SHAPE = fc.record({
  currency: fc.constantFrom('jpy', 'usd', 'kwd'),
  rounding: fc.constantFrom('line', 'invoice'),
  rates: fc.array(fc.record({ percentage, inclusive: fc.boolean() }), { minLength: 3, maxLength: 3 }),
  percentOff: fc.integer({ min: 1, max: 10_000 }).map((parts) => String(parts / 100)),
  amountOff: fc.bigInt({ min: 1n, max: 5_000n }),
  defaults: fc.uniqueArray(fc.nat({ max: 2 })),
  lines: fc.array(
    fc.record({
      amount: fc.integer({ min: -5_000, max: 1_000_000 }).filter((amount) => amount !== 0),
      own: fc.uniqueArray(fc.nat({ max: 2 })),
    }),
    { minLength: 1, maxLength: 5 },
  ),
});

const sumOf = (amounts: Iterable<bigint>) => [...amounts].reduce((sum, amount) => sum + amount, 0n);

test('discounts and taxes of any invoice, in currencies of 0, 2 and 3 decimals, are those of a second opinion', async () => {
  const { account, stripe } = await newPayer();
  await fc.assert(
    fc.asyncProperty(SHAPE, async ({ currency, rounding, percentOff, amountOff, ...shape }) => {
      await account.request('POST', '/v1/usance/invoice_settings', { tax_rounding: rounding });
      const rates: NaiveRate[] = [];
      for (const rate of shape.rates) {
        const made = { display_name: 'Tax', percentage: Number(rate.percentage), inclusive: rate.inclusive };
        rates.push({ id: (await stripe.taxRates.create(made)).id, ...rate });
      }
      const pick = (places: readonly number[]) => places.map((place) => rates[place]!);
      const idsOf = (some: readonly NaiveRate[]) => some.map(({ id }) => id);
      const percent = await stripe.coupons.create({ percent_off: Number(percentOff) });
      const amount = await stripe.coupons.create({ amount_off: Number(amountOff), currency });
      const draft = await stripe.invoices.create({
        // A customer has one currency.
        customer: (await stripe.customers.create()).id,
        currency,
        default_tax_rates: idsOf(pick(shape.defaults)),
        discounts: [{ coupon: percent.id }, { coupon: amount.id }],
      });
      const told = await stripe.invoices.addLines(draft.id, {
        lines: shape.lines.map((line) => ({ amount: line.amount, tax_rates: idsOf(pick(line.own)) })),
      });

      const off = [{ percent: percentOff }, { amount: amountOff }];
      const left = naiveDiscounts(
        shape.lines.map((line) => ({ amount: BigInt(line.amount), productId: null, discountable: line.amount > 0 })),
        off.map((each) => ({ off: each, products: null, lines: null })),
      ).map((line) => line.left);
      const taxed = shape.lines.map(({ own }, place) => ({
        amount: left[place]!,
        rates: pick(own.length > 0 ? own : shape.defaults),
      }));
      const lines = told.lines.data.map((line) => line.taxes!.map((tax) => BigInt(tax.amount)));
      const byRate = new Map(told.total_taxes!.map((tax) => [tax.tax_rate_details!.tax_rate, BigInt(tax.amount)]));
      if (rounding === 'line') expect(lines).toEqual(naiveTaxesByLine(taxed));
      else expect(byRate).toEqual(naiveTaxesByRate(taxed));
      const onTop = rates.filter(({ inclusive }) => !inclusive).map(({ id }) => byRate.get(id) ?? 0n);
      expect(BigInt(told.total)).toBe(sumOf(left) + sumOf(onTop));
      expect(BigInt(told.total_excluding_tax!)).toBe(BigInt(told.total) - sumOf(byRate.values()));
    }),
    { numRuns: 8, endOnFailure: true },
  );
});
