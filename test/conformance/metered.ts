import { newAccount, type TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';

export const HOUR = 3_600;
export const DAY = 86_400;

export const unixNow = () => Math.floor(Date.now() / 1000);

/** The start of an hour that is over, two days ago. */
export const pastHour = () => (Math.floor(unixNow() / HOUR) - 48) * HOUR;

/** An account with a customer and a meter of the event name `tokens`. */
export type Metered = {
  readonly account: TestAccount;
  readonly customer: string;
  readonly meter: string;
  /** Sends an event; the value is a number or, for `unique_count`, any text. */
  send(value: string, more?: Params): ReturnType<TestAccount['request']>;
  /** Sends events through the stream, in one request. */
  stream(events: readonly object[]): ReturnType<TestAccount['request']>;
  /** Cancels by identifier with the official client. */
  cancel(identifier: string): ReturnType<TestAccount['stripe']['billing']['meterEventAdjustments']['create']>;
  /** Usage as the summaries tell it: of the last 40 days and the next 10 minutes unless told. */
  usage(start?: number, end?: number): Promise<string>;
};

/** `more` adds to the meter's parameters. */
export async function meteredAccount(
  formula: 'sum' | 'count' | 'last' | 'max' | 'min' | 'average' | 'unique_count' = 'sum',
  more: Params = {},
): Promise<Metered> {
  const account = await newAccount();
  const customer = (await account.stripe.customers.create()).id;
  const params = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula }, ...more };
  const created = await account.request('POST', '/v1/usance/meters', params);
  const meter = created.body.id as string;
  const { authentication_token: token } = await account.stripe.v2.billing.meterEventSession.create();
  return {
    account,
    customer,
    meter,
    send: async (value, rest = {}) => {
      const payload = { stripe_customer_id: customer, value };
      return await account.request('POST', '/v1/billing/meter_events', { event_name: 'tokens', payload, ...rest });
    },
    stream: async (events) =>
      await account.request('POST', '/v2/billing/meter_event_stream', { events }, { authorization: `Bearer ${token}` }),
    cancel: async (identifier) =>
      await account.stripe.billing.meterEventAdjustments.create({
        event_name: 'tokens',
        type: 'cancel',
        cancel: { identifier },
      }),
    async usage(start = unixNow() - 40 * DAY, end = unixNow() + 600) {
      const minute = (seconds: number) => Math.floor(seconds / 60) * 60;
      const range = { customer, start_time: minute(start), end_time: minute(end) };
      const { body } = await account.request('GET', `/v1/usance/meters/${meter}/summaries`, range);
      return body.data[0].aggregated_value as string;
    },
  };
}
