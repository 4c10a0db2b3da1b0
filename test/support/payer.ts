import type Stripe from 'stripe';
import { newAccount } from './account.ts';

/** An account with a customer who has attached a method, `pm_card_visa` unless told otherwise. */
export async function newPayer(method = 'pm_card_visa') {
  const account = await newAccount();
  const { stripe } = account;
  const customer = await stripe.customers.create({ name: 'Jenny Rosen', email: 'jenny@example.com' });
  const attached = await stripe.paymentMethods.attach(method, { customer: customer.id });
  return { account, stripe, customer, method: attached };
}

/** The error that a call must end in, as it came over the wire. */
export async function errorOf(call: Promise<unknown>): Promise<Stripe.StripeRawError & { readonly status: number }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason as { statusCode?: number; raw?: Stripe.StripeRawError },
  );
  if (error === undefined) throw new Error('The call succeeded');
  if (error.statusCode === undefined || error.raw === undefined) throw error as Error;
  return { ...error.raw, status: error.statusCode };
}

/** Asks again until the answer is as wanted; throws the last one after 15 seconds. */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (const deadline = performance.now() + 15_000; ;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`Still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
