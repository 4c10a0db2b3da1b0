import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { licensedPrice, newShop, refusal } from '../support/shop.ts';

/** Lines as a customer reads them. */
const read = ({ lines }: Stripe.Invoice) => lines.data.map(({ description, amount }) => [description, amount]);

const MONTHLY = { interval: 'month' } as const;

describe('a preview of a schedule that nobody has made', () => {
  type Phases = Stripe.InvoiceCreatePreviewParams.ScheduleDetails['phases'];

  async function scheduleShop() {
    const shop = await newShop();
    const { stripe, customer } = shop;
    const seats = await licensedPrice(stripe);
    const yearly = await licensedPrice(stripe, { recurring: { interval: 'year' } });
    const setUp = await stripe.prices.create({ currency: 'usd', unit_amount: 900, product_data: { name: 'Set-up' } });
    const preview = async (
      phases: Phases,
      others: object = {},
      params: Partial<Stripe.InvoiceCreatePreviewParams> = {},
    ) =>
      await stripe.invoices.createPreview({
        customer: customer.id,
        schedule_details: { ...(phases === undefined ? {} : { phases }), ...others },
        ...params,
      });
    return { ...shop, seats, yearly, setUp, preview };
  }

  test('is the first invoice of its first phase', async () => {
    const { stripe, customer, seats, yearly, price, setUp, preview } = await scheduleShop();
    await stripe.invoiceItems.create({ customer: customer.id, amount: 500, description: 'Once' });
    const first = await preview(
      [
        {
          items: [{ price: seats.id, quantity: 3 }, { price: price.id }],
          add_invoice_items: [{ price: setUp.id, quantity: 2 }],
          collection_method: 'send_invoice',
          invoice_settings: { days_until_due: 14 },
          duration: { interval: 'month', interval_count: 3 },
          metadata: { a: '1' },
          start_date: 'now',
        },
        { items: [{ price: yearly.id }] },
      ],
      { end_behavior: 'cancel' },
    );
    expect(read(first)).toEqual([
      ['Set-up', 1800],
      ['Once', 500],
      ['3 × Alpaca AI (at $20.00 / month)', 6000],
    ]);
    expect(first).toMatchObject({
      billing_reason: 'upcoming',
      collection_method: 'send_invoice',
      due_date: first.created + 14 * 86_400,
      parent: { subscription_details: { metadata: { a: '1' } } },
    });
    const recurring = await preview([{ items: [{ price: seats.id }] }], {}, { preview_mode: 'recurring' });
    expect(read(recurring)).toEqual([['1 × Alpaca AI (at $20.00 / month)', 2000]]);
    expect((await stripe.subscriptions.list()).data).toEqual([]);
  });

  test('is what a subscription to the same is then billed', async () => {
    const { stripe, customer, seats, yearly, price, preview } = await scheduleShop();
    await stripe.invoiceItems.create({ customer: customer.id, amount: 500, description: 'Once' });
    const items = [{ price: seats.id, quantity: 3 }, { price: yearly.id }, { price: price.id }];
    const sent = { collection_method: 'send_invoice' as const, metadata: { a: '1' } };
    const previewed = await preview([{ ...sent, items, invoice_settings: { days_until_due: 14 } }]);
    const expand = ['latest_invoice'];
    const order = { customer: customer.id, items, ...sent, days_until_due: 14, expand };
    const { latest_invoice: made } = await stripe.subscriptions.create(order);
    const invoice = made as Stripe.Invoice;
    expect(read(previewed)).toEqual(read(invoice));
    expect(read(invoice)).toHaveLength(3);
    for (const name of ['total', 'amount_due', 'collection_method', 'currency'] as const) {
      expect(previewed[name]).toBe(invoice[name]);
    }
    expect(previewed.parent!.subscription_details!.metadata).toEqual(invoice.parent!.subscription_details!.metadata);
  });

  test('has the taxes of the phase, and of its items', async () => {
    const { stripe, seats, setUp, preview } = await scheduleShop();
    const rate = async (percentage: number) =>
      (await stripe.taxRates.create({ display_name: 'VAT', inclusive: false, percentage })).id;
    const [ten, twenty] = [await rate(10), await rate(20)];
    const phase = { items: [{ price: seats.id }], add_invoice_items: [{ price: setUp.id, tax_rates: [twenty] }] };
    const taxed = await preview([{ ...phase, default_tax_rates: [ten] }]);
    expect(taxed).toMatchObject({ subtotal: 2900, total: 2900 + 180 + 200 });
    const param = 'schedule_details[phases][0][default_tax_rates]';
    const unknown = await refusal(preview([{ ...phase, default_tax_rates: ['txr_no'] }]));
    expect(unknown).toMatchObject({ code: 'resource_missing' });
    expect(unknown.param).toContain(param);
  });

  test('to usage alone is its renewal, where the phase goes on or the schedule ends with it', async () => {
    const { price, yearly, preview } = await scheduleShop();
    const usage = [['0 × Alpaca AI (at $0.04 per 100 units / month)', 0]];
    const items = [{ price: price.id }];
    const month = { interval: 'month' as const };
    expect(read(await preview([{ items }]))).toEqual(usage);
    expect(read(await preview([{ items, duration: month }], { end_behavior: 'cancel' }))).toEqual(usage);
    const quarter = { ...month, interval_count: 3 };
    const then = { items: [{ price: yearly.id }] };
    expect(read(await preview([{ items, duration: quarter }, then]))).toEqual(usage);
    expect(await refusal(preview([{ items, duration: month }, then]))).toMatchObject({
      code: 'parameter_not_served',
      param: 'schedule_details[phases][0][end_date]',
    });
  });

  test('is a trial where it begins as one, and begins when it is to', async () => {
    const { seats, price, setUp, preview } = await scheduleShop();
    const start = Math.floor(Date.now() / 1000) + 40 * 86_400;
    const fee = { add_invoice_items: [{ price: setUp.id }] };
    const items = [{ price: seats.id, quantity: 2 }];
    const trial = await preview([
      { items, ...fee, start_date: start, duration: MONTHLY, trial: true },
      { items, duration: MONTHLY },
    ]);
    const [charged, free] = trial.lines.data;
    expect([trial.total, charged!.amount, free!.amount, free!.period.start]).toEqual([900, 900, 0, start]);
    expect(free!.description).toBe('Free trial for 2 × Alpaca AI');
    expect(charged!.period).toEqual(free!.period);
    // A phase may end within a month: that is prorated when it does.
    const cut = await preview([{ items, end_date: start }, { items }]);
    expect(read(cut)).toEqual([['2 × Alpaca AI (at $20.00 / month)', 4000]]);
    // Where the phase bills nothing in advance, what it charges once is on its renewal.
    expect(read(await preview([{ items: [{ price: price.id }], ...fee }]))).toEqual([
      ['Set-up', 900],
      ['0 × Alpaca AI (at $0.04 per 100 units / month)', 0],
    ]);
  });

  test('is refused for what does not go together', async () => {
    const { stripe, customer, seats, yearly, price, preview } = await scheduleShop();
    const at = 'schedule_details[phases][0]';
    const one = { items: [{ price: seats.id }] };
    const soon = Math.floor(Date.now() / 1000) + 86_400;
    const { id: subscription } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
    });
    const sent = { ...one, collection_method: 'send_invoice' as const };
    const cases: [call: () => Promise<unknown>, error: object][] = [
      [
        () => preview(undefined, { end_behavior: 'cancel' }),
        { code: 'parameter_missing', param: 'schedule_details[phases]' },
      ],
      [() => preview([one], {}, { subscription }), { code: 'parameters_exclusive', param: 'schedule_details' }],
      [() => preview([one, one]), { code: 'parameter_missing', param: `${at}[end_date]` }],
      [
        () => preview([{ items: [{ price: 'price_no' }] }]),
        { code: 'resource_missing', param: `${at}[items][0][price]` },
      ],
      [
        () => preview([{ ...one, duration: MONTHLY }, { items: [{ price: 'price_no' }] }]),
        { code: 'resource_missing', param: 'schedule_details[phases][1][items][0][price]' },
      ],
      [() => preview([{ ...one, duration: MONTHLY, end_date: soon }]), { code: 'parameters_exclusive' }],
      [() => preview([{ duration: MONTHLY } as never]), { code: 'parameter_missing', param: `${at}[items]` }],
      [() => preview([{ ...one, end_date: soon - 2 * 86_400 }]), { param: `${at}[end_date]` }],
      [() => preview([{ ...one, end_date: soon, trial_end: soon + 1 }]), { param: `${at}[trial_end]` }],
      [
        () => preview([{ ...one, trial: true, trial_end: soon }]),
        { code: 'parameters_exclusive', param: `${at}[trial]` },
      ],
      [
        () =>
          preview([
            { ...one, duration: MONTHLY },
            { ...one, start_date: soon },
          ]),
        { param: 'schedule_details[phases][1][start_date]' },
      ],
      [
        () => preview([{ ...one, default_payment_method: 'pm_no' }]),
        { code: 'resource_missing', param: `${at}[default_payment_method]` },
      ],
      [
        () => preview([{ items: [{ price: seats.id, billing_thresholds: { usage_gte: 3 } }] }]),
        { param: `${at}[items][0][billing_thresholds]` },
      ],
      [
        () => preview([{ ...one, billing_thresholds: { amount_gte: 1 } }]),
        { param: `${at}[billing_thresholds][amount_gte]` },
      ],
      [
        () => preview([{ ...one, add_invoice_items: [{ price: seats.id }] }]),
        { param: `${at}[add_invoice_items][0][price]` },
      ],
      [() => preview([sent]), { code: 'parameter_missing', param: `${at}[invoice_settings][days_until_due]` }],
      [() => preview([{ ...one, currency: 'usd' }], {}, { currency: 'eur' }), { param: 'currency' }],
      [
        () => preview([{ ...one, start_date: soon - 2 * 86_400 }]),
        { code: 'parameter_not_served', param: `${at}[start_date]` },
      ],
      [
        () => preview([one], { billing_mode: { type: 'classic', flexible: { proration_discounts: 'included' } } }),
        { param: 'schedule_details[billing_mode][flexible]' },
      ],
      [
        () => preview([{ items: [{ price: seats.id }, { price: yearly.id }] }], { billing_mode: { type: 'classic' } }),
        { param: `${at}[items]` },
      ],
    ];
    for (const [call, error] of cases) expect(await refusal(call())).toMatchObject({ status: 400, ...error });
  });
});
