import { setDue } from '../clocks/due_work.sql.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { followResumption } from './follow_resumption.ts';
import { voidOpen } from './nonpayment.ts';
import type { Due } from './renew.ts';

/**
 * Gives up on resuming those subscriptions whose invoice has not ended their pause in time: it is void, and they stay paused. While a
 * payment is being made they wait for what comes of it. Tells `invoice.voided`.
 */
export async function expireResumptions(context: Context, due: readonly Due[], payments: Payments): Promise<void> {
  for (const { objectId, customer } of due) {
    const subscription = await lockSubscription(context, objectId);
    const resumption = subscription?.resumption ?? null;
    if (subscription === undefined || resumption === null) continue;
    const isEarly = Temporal.Instant.compare(resumption.expiresAt, context.now) > 0;
    if (isEarly || !(await voidOpen(context, resumption.invoiceId, payments))) {
      const dueAt = isEarly ? resumption.expiresAt : context.now.add({ minutes: 1 });
      const { id: customerId, testClockId } = customer;
      await setDue(context, { kind: 'expire_resumption', objectId, customerId, testClockId, dueAt });
    } else await followResumption(context, subscription, 'void');
  }
}
