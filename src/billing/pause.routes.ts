import { payingSteps } from '../invoices/paying_steps.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { type Route, route } from '../stripe/route.ts';
import { requireSubscription } from '../subscriptions/change.ts';
import { pauseParams, resumeParams } from '../subscriptions/pause.params.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { pauseSubscription } from './pause.ts';
import { resumeSubscription } from './resume.ts';
import { begun } from './update.routes.ts';

/** Subscriptions that are paused and resumed, and what is paid with that. */
export function pauseRoutes(payments: Payments): Route[] {
  const answers = { object: 'subscription' };
  const steps = payingSteps(payments, async (context: Context, id: string) =>
    viewSubscription(context, await requireSubscription(context, id)),
  );
  return [
    route({
      method: 'POST',
      path: '/v1/subscriptions/:id/pause',
      answers,
      params: pauseParams,
      async begin(context, params, { id = '' }) {
        const paused = await pauseSubscription(context, payments, id, params);
        return await begun(context, paused, id, viewSubscription(context, paused.subscription));
      },
      ...steps,
    }),
    route({
      method: 'POST',
      path: '/v1/subscriptions/:subscription/resume',
      answers,
      params: resumeParams,
      async begin(context, params, { subscription: id = '' }) {
        const resumed = await resumeSubscription(context, payments, id, params);
        return await begun(context, resumed, id, viewSubscription(context, resumed.subscription));
      },
      ...steps,
    }),
  ];
}
