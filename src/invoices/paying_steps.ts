import assert from 'node:assert/strict';
import { atTimeOnTheWay } from '../clocks/time.ts';
import type { ChargeOutcome } from '../payments/gateway.ts';
import type { Payments } from '../payments/payments.ts';
import { callGateway, type Settled, settleAttempt } from '../payments/settle.ts';
import type { Context } from '../stripe/context.ts';
import type { StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Begun } from '../stripe/route.ts';

/** What remains to be done of a request that pays: for which object, by which attempt, in whose time. */
type Rest = {
  readonly objectId: string;
  readonly attemptId: string;
  readonly clockId: string | null;
  /** Of what is made only once it is paid: what the request named in its path, and when it began. */
  readonly named?: string;
  readonly begunAt?: string;
};

/** The rest of a request that pays, as it outlives a crash. */
export function toBePaid(rest: Rest): Begun {
  return { next: JSON.stringify(rest) };
}

/** The steps of a `SteppedRoute` that need none of its parameters. */
type PayingSteps = {
  call(context: Context, next: string): Promise<unknown>;
  end(context: Context, next: string, called: unknown): Promise<JsonObject | StripeError>;
};

/**
 * The steps after the beginning of an operation that pays an invoice, in the customer's time. `tell` answers the object
 * or the error once the payment has come to something.
 */
export function payingSteps(
  payments: Payments,
  tell: (context: Context, objectId: string, settled: Settled) => Promise<JsonObject | StripeError>,
): PayingSteps {
  return {
    async call(context, next) {
      const { attemptId, clockId } = readRest(next);
      return await callGateway(await atTimeOnTheWay(context, clockId), payments.gateway, attemptId);
    },
    async end(context, next, called) {
      const { objectId, attemptId, clockId } = readRest(next);
      const timed = await atTimeOnTheWay(context, clockId);
      return await tell(
        context,
        objectId,
        await settleAttempt(timed, payments, attemptId, called as ChargeOutcome | null),
      );
    },
  };
}

/** What remains to be done, as `toBePaid` has written it. */
export function readRest(next: string): Rest {
  const rest: unknown = JSON.parse(next);
  assert(typeof rest === 'object' && rest !== null && 'attemptId' in rest, 'what is to be paid was written by us');
  return rest as Rest;
}
