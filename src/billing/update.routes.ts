import type { ChargeOutcome } from '../payments/gateway.ts';
import { payingSteps, readRest, toBePaid } from '../invoices/paying_steps.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { ParamType } from '../stripe/params.ts';
import { type Begun, type PathIds, type Route, route } from '../stripe/route.ts';
import { requireItem, requireSubscription } from '../subscriptions/change.ts';
import { warnOfSharedMeters } from '../subscriptions/shared_meter.ts';
import {
  createItemParams,
  deleteItemParams,
  type PaymentBehavior,
  updateItemParams,
  updateSubscriptionParams,
} from '../subscriptions/subscription.params.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import { viewDeletedItem, viewItem, viewSubscription } from '../subscriptions/subscription.view.ts';
import { beginPaidFirst, endPaidFirst, type PaidFirst } from './pay_first.ts';
import type { PaidBy, Subscribed } from './subscribe.ts';
import { changeOneItem, updateSubscription } from './update_subscription.ts';

/** Subscriptions and their items that change, and what is paid with that. */
export function updateRoutes(payments: Payments): Route[] {
  return [
    changeRoute(payments, {
      method: 'POST',
      path: '/v1/subscriptions/:subscription_exposed_id',
      answers: 'subscription',
      params: updateSubscriptionParams,
      named: ({ subscription_exposed_id: id = '' }) => id,
      find: async (context, _params, id) => await requireSubscription(context, id),
      make: async (context, params, id, paidBy) => await updateSubscription(context, payments, id, params, paidBy),
      tell: (context, _id, subscription) => viewSubscription(context, subscription),
    }),
    changeRoute(payments, {
      method: 'POST',
      path: '/v1/subscription_items',
      answers: 'subscription_item',
      params: createItemParams,
      named: () => '',
      find: async (context, { subscription: id }) => await requireSubscription(context, id, 'subscription'),
      async make(context, params, _id, paidBy) {
        const { subscription: subscriptionId, ...rest } = params;
        return await changeOneItem(context, payments, { subscriptionId, ...itemRequest(rest) }, paidBy);
      },
      // What is pending for a subscription may be its newest item.
      tell: (context, _id, { items, pendingUpdate }) => viewItem(context, lastOf(pendingUpdate?.items ?? items)),
    }),
    changeRoute(payments, {
      method: 'POST',
      path: '/v1/subscription_items/:item',
      answers: 'subscription_item',
      params: updateItemParams,
      named: ({ item: id = '' }) => id,
      find: subscriptionOfItem,
      async make(context, params, id, paidBy) {
        const { subscriptionId } = await requireItem(context, id);
        const { entry, ...rest } = itemRequest(params);
        return await changeOneItem(context, payments, { subscriptionId, ...rest, entry: { ...entry, id } }, paidBy);
      },
      tell: (context, id, { items }) => viewItem(context, items.find((each) => each.id === id) ?? lastOf(items)),
    }),
    changeRoute(payments, {
      method: 'DELETE',
      path: '/v1/subscription_items/:item',
      answers: 'subscription_item',
      params: deleteItemParams,
      named: ({ item: id = '' }) => id,
      find: subscriptionOfItem,
      async make(context, params, id, paidBy) {
        const { subscriptionId } = await requireItem(context, id);
        const { entry, ...rest } = itemRequest(params);
        const deleted = { ...entry, id, deleted: true };
        return await changeOneItem(context, payments, { subscriptionId, ...rest, entry: deleted }, paidBy);
      },
      tell: (_context, id) => viewDeletedItem(id),
    }),
  ];
}

/** A request about one item, and how what it changes is billed and paid. */
type ItemParams = {
  readonly proration_behavior?: 'always_invoice' | 'create_prorations' | 'none' | undefined;
  readonly proration_date?: Temporal.Instant | undefined;
  readonly payment_behavior?: PaymentBehavior | undefined;
  readonly off_session?: boolean | undefined;
};

function itemRequest<E extends object>(params: E & ItemParams) {
  const {
    proration_behavior: behavior,
    proration_date: prorationDate,
    payment_behavior,
    off_session,
    ...entry
  } = params;
  return { entry: entry as Omit<E, keyof ItemParams>, behavior, prorationDate, payment_behavior, off_session };
}

async function subscriptionOfItem(context: Context, _params: unknown, id: string): Promise<Subscription> {
  return await requireSubscription(context, (await requireItem(context, id)).subscriptionId);
}

type Paying = { readonly payment_behavior?: PaymentBehavior | undefined; readonly off_session?: boolean | undefined };

/** An operation that changes a subscription, which the request names by `named`, itself or by its item. */
type ChangeRoute<P> = {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly answers: string;
  readonly params: ParamType<P>;
  named(ids: PathIds): string;
  find(context: Context, params: P, named: string): Promise<Subscription>;
  make(context: Context, params: P, named: string, paidBy: PaidBy): Promise<Subscribed>;
  tell(context: Context, named: string, changed: Subscription): JsonObject;
};

function changeRoute<P extends Paying>(payments: Payments, change: ChangeRoute<P>): Route {
  const { method, path, answers, params: declared } = change;
  const firstOf = (found: Subscription, params: P, named: string): PaidFirst => ({
    name: 'Subscription update',
    customerId: found.customerId,
    subscriptionId: found.id,
    offSession: params.off_session,
    named,
    make: async (context, paidBy) => (await change.make(context, params, named, paidBy)).subscription,
    tell: (context, made) => change.tell(context, named, made),
  });
  const steps = payingSteps(payments, async () => ({}));
  return route({
    method,
    path,
    answers: { object: answers },
    params: declared,
    async begin(context, params, ids) {
      const named = change.named(ids);
      if (params.payment_behavior === 'error_if_incomplete') {
        const found = await change.find(context, params, named);
        return await beginPaidFirst(context, payments, firstOf(found, params, named));
      }
      const changed = await change.make(context, params, named, null);
      const { id } = changed.subscription;
      return await begun(
        context,
        changed,
        JSON.stringify([id, named]),
        change.tell(context, named, changed.subscription),
      );
    },
    call: steps.call,
    async end(context, next, called, params) {
      const { objectId, named: namedFirst } = readRest(next);
      if (namedFirst !== undefined) {
        const found = await change.find(context, params, namedFirst);
        const outcome = called as ChargeOutcome | null;
        return await endPaidFirst(context, payments, firstOf(found, params, namedFirst), next, outcome);
      }
      await steps.end(context, next, called);
      const [id = '', named = ''] = JSON.parse(objectId) as string[];
      return change.tell(context, named, await requireSubscription(context, id));
    },
  });
}

/** Warns of meters that are shared, and answers what begins: the answer, or the attempt to pay that comes first. */
export async function begun(
  context: Context,
  { subscription, attemptId }: Subscribed,
  objectId: string,
  answer: JsonObject,
): Promise<Begun> {
  await warnOfSharedMeters(context, subscription);
  if (attemptId === null) return { answer };
  return toBePaid({ objectId, attemptId, clockId: subscription.testClockId });
}

/** What is added comes last. */
function lastOf(items: readonly SubscriptionItem[]): SubscriptionItem {
  const item = items.at(-1);
  if (item === undefined) throw new Error('a subscription has at least one item');
  return item;
}
