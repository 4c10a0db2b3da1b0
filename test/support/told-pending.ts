import { newSeat, payBy, subscribe } from './dunning.ts';

/** A subscription with a change that waits for its payment, about all that such a change can be about. */
export async function tellPendingUpdate(): Promise<unknown[]> {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe } = seat;
  const { id, items } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  const changed = await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]!.id, quantity: 2 }],
    billing_cycle_anchor: { type: 'now' },
    cancel_at_period_end: true,
    metadata: { seats: 'two' },
    payment_behavior: 'pending_if_incomplete',
    proration_behavior: 'always_invoice',
  });
  const trial = await subscribe(seat, { trial_period_days: 30 });
  const ended = { trial_end: 'now', payment_behavior: 'pending_if_incomplete' } as const;
  return [changed, await stripe.subscriptions.update(trial.id, ended)];
}
