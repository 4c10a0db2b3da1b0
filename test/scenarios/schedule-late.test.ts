import { expect, test } from 'vitest';
import { advanceSchedules } from '../../src/billing/schedules/advance.ts';
import { findCustomer } from '../../src/customers/customer.sql.ts';
import { directly } from '../support/direct.ts';
import { invoicesOf, text } from '../support/clock-shop.ts';
import { licensedPrice, newShop } from '../support/shop.ts';

test('somebody who comes to a phase late begins it as of its time, so that phases and periods stay together', async () => {
  const { account, stripe, customer } = await newShop();
  const [small, large] = [await licensedPrice(stripe), await licensedPrice(stripe, { unit_amount: 7000 })];
  const month = { interval: 'month' } as const;
  const { id, phases, subscription } = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    phases: [
      { items: [{ price: small.id }], duration: month },
      { items: [{ price: large.id }], duration: month, proration_behavior: 'always_invoice' },
    ],
  });
  const turn = phases[0]!.end_date;
  await directly(account, async (context) => {
    const now = Temporal.Instant.fromEpochMilliseconds((turn + 4711) * 1000);
    const known = await findCustomer(context, customer.id);
    await advanceSchedules({ ...context, now }, [{ customer: known!, objectId: id }]);
  });
  const [, second] = await invoicesOf(stripe, customer.id);
  expect([second!.total, text(second!.period_end), text(second!.lines.data[0]!.period.start)]).toEqual([
    7000,
    text(turn),
    text(turn),
  ]);
  const { items } = await stripe.subscriptions.retrieve(subscription as string);
  expect(items.data[0]!.current_period_end).toBe(phases[1]!.end_date);
});
