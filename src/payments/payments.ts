import type { Context } from '../stripe/context.ts';
import type { Gateway } from './gateway.ts';
import type { PaymentIntent } from './payment_intent.ts';

/** Who must know at once what becomes of payment intents: it acts in the same transaction. */
export type PaymentListener = {
  /** Before a change of an intent is written: takes the listener's own locks, which come before that of the intent. */
  lock(context: Context, paymentIntentId: string): Promise<void>;
  /** After it was written. */
  changed(context: Context, intent: PaymentIntent): Promise<void>;
  /** What intents pay has turned without them: it was paid elsewhere, given up, void, or there is nothing to pay it with. */
  invoiceChanged(context: Context, invoiceId: string): Promise<void>;
  /** A method was taken from its customer, who is locked; the method is not yet. */
  detached(context: Context, what: { readonly customerId: string; readonly methodId: string }): Promise<void>;
  /** Throws where an intent's amount, currency and customer follow from what it pays. */
  checkTerms(context: Context, paymentIntentId: string): Promise<void>;
};

/** What payments are made with: put together once, at the composition root. */
export type Payments = {
  readonly gateway: Gateway;
  readonly listener: PaymentListener;
  /** Where people reach the server, for what is told of payments that no request goes on with. */
  readonly baseUrl: string;
};

/** For a program without anything that is paid by intents. */
export const NO_LISTENER: PaymentListener = {
  async lock() {},
  async changed() {},
  async invoiceChanged() {},
  async detached() {},
  async checkTerms() {},
};
