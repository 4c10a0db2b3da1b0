import type Stripe from 'stripe';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import { newAccount } from '../support/account.ts';
import { eventually, newPayer } from '../support/payer.ts';
import { refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

type Payer = Pick<Awaited<ReturnType<typeof newPayer>>, 'stripe' | 'customer'>;

/** An open invoice of 12.34 that nobody collects. */
async function newOpen({ stripe, customer }: Payer, params: Partial<Stripe.InvoiceCreateParams> = {}) {
  const { id } = await stripe.invoices.create({ customer: customer.id, ...params });
  await stripe.invoices.addLines(id, { lines: [{ amount: 1234 }] });
  const invoice = await stripe.invoices.finalizeInvoice(id, { auto_advance: false });
  return { id, url: invoice.hosted_invoice_url! };
}

async function read(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return await response.text();
}

/** The words of a page, without its style and marks. */
function words(page: string): string {
  return page
    .replace(/<style>[\s\S]*<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

function keyOf(page: string): string {
  return /name="key" value="(\w+)"/.exec(page)![1]!;
}

type Fields = Record<string, string>;

async function post(url: string, fields: Fields): Promise<Response> {
  return await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}

/** Sends the form of a page as a browser does, and answers the page to which that leads. */
async function submit(url: string, fields: Fields): Promise<string> {
  const response = await post(url, { key: keyOf(await read(url)), ...fields });
  expect(response.status).toBe(303);
  expect(new URL(response.headers.get('location')!, url).href).toBe(url);
  return await read(url);
}

const pay = (method: string) => ({ do: 'pay', payment_method: method });

async function chargesOf({ stripe, customer }: Payer): Promise<string[]> {
  return (await stripe.charges.list({ customer: customer.id })).data.map(({ status }) => status);
}

describe('the page of an open invoice', () => {
  test('offers what is saved, the default first, and a test method of each kind', async () => {
    const payer = await newPayer('pm_card_mastercard');
    const { stripe, customer, method } = payer;
    const bank = await stripe.paymentMethods.attach('pm_usBankAccount', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
    const { url } = await newOpen(payer);
    const response = await fetch(url);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; /);
    const page = await response.text();
    expect(page.match(/(?<=name="payment_method" value=")\w+/g)).toEqual([
      bank.id,
      method.id,
      'pm_card_visa',
      'pm_card_chargeDeclined',
      'pm_card_authenticationRequired',
      'pm_usBankAccount',
    ]);
    expect(page.match(/value="(\w+)"\s+required\s+checked/)![1]).toBe(method.id);
    expect(words(page)).toContain('Mastercard •••• 4444 Expires 12/2034');
    expect(words(page)).toContain('Pay $12.34 USD');
    expect(page).not.toContain('<script');
  });

  test('offers only what can pay: by the currency, and by the types of the invoice', async () => {
    const payer = await newPayer('pm_usBankAccount');
    const euros = await read((await newOpen(payer, { currency: 'eur' })).url);
    expect(words(euros)).toContain('Pay €12.34 EUR');
    expect(words(euros)).not.toContain('BANK');
    const other = await newPayer();
    const banks = await read(
      (await newOpen(other, { payment_settings: { payment_method_types: ['us_bank_account'] } })).url,
    );
    expect(words(banks)).not.toContain('Visa');
    expect(words(banks)).toContain('STRIPE TEST BANK •••• 6789');
  });
});

describe('a payment by the page', () => {
  test('that succeeds: the invoice is paid, and there is no form any more', async () => {
    const payer = await newPayer();
    const { id, url } = await newOpen(payer);
    const page = await submit(url, pay(payer.method.id));
    expect(words(page)).toContain('Paid on');
    expect(page).not.toContain('<form');
    expect((await fetch(url)).headers.get('content-security-policy')).toContain("form-action 'none'");
    const paid = await payer.stripe.invoices.retrieve(id);
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 1234, attempt_count: 1 });
  });

  test('that is declined: the page says why, and another method pays', async () => {
    const payer = await newPayer();
    const { id, url } = await newOpen(payer);
    const page = await submit(url, pay('pm_card_chargeDeclined'));
    expect(words(page)).toContain('The last payment did not go through. Your card was declined.');
    expect(await payer.stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempted: true });
    expect(words(await submit(url, pay('pm_card_visa')))).toContain('Paid on');
    expect(await chargesOf(payer)).toEqual(['succeeded', 'failed']);
  });

  test('that wants the customer: once authenticated it is paid', async () => {
    const payer = await newPayer();
    const { id, url } = await newOpen(payer);
    const asking = words(await submit(url, pay('pm_card_authenticationRequired')));
    expect(asking).toContain('Confirm the payment');
    expect(asking).toContain('whether it is you who pays $12.34 USD with Visa •••• 3184.');
    expect(await payer.stripe.invoices.retrieve(id)).toMatchObject({ status: 'open' });
    expect(words(await submit(url, { do: 'authenticate' }))).toContain('Paid on');
    expect(await chargesOf(payer)).toEqual(['succeeded']);
  });

  test.each([
    ['failing', { do: 'fail' }, 'We are unable to authenticate your payment method.'],
    ['choosing another method', pay('pm_card_visa'), 'Paid on'],
  ])('that wants the customer can end by %s', async (_, fields, told) => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    await submit(url, pay('pm_card_authenticationRequired'));
    expect(words(await submit(url, fields))).toContain(told);
  });

  test('by a bank: the page waits with the customer until it has decided', async () => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const waiting = await submit(url, pay('pm_usBankAccount'));
    expect(words(waiting)).toContain('$12.34 USD is being paid with STRIPE TEST BANK •••• 6789.');
    expect(waiting).not.toContain('<form');
    const paid = await eventually(
      () => read(url),
      (page) => words(page).includes('Paid on'),
    );
    expect(words(paid)).not.toContain('Waiting');
  });
});

describe('a form that is sent more than once', () => {
  test.each([
    ['pm_card_visa', ['succeeded']],
    ['pm_card_chargeDeclined', ['failed']],
  ])('pays once, whatever comes of it: %s', async (method, charges) => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const fields = { key: keyOf(await read(url)), ...pay(method) };
    const clicks = await Promise.all(Array.from({ length: 8 }, () => post(url, fields)));
    // Those beyond a few are told to wait.
    expect(clicks.map(({ status }) => status)).toContain(303);
    expect(clicks.filter(({ status }) => status !== 303 && status !== 409)).toEqual([]);
    expect((await post(url, fields)).status).toBe(303);
    expect(await chargesOf(payer)).toEqual(charges);
  });

  test('beyond a few that wait for each other is refused at once', async () => {
    const payer = await newPayer();
    const { id, url } = await newOpen(payer);
    const key = keyOf(await read(url));
    const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
    const waiting = await database.kysely.transaction().execute(async (transaction) => {
      await sql`select 1 from invoices where id = ${id} for update`.execute(transaction);
      const clicks = Array.from({ length: 3 }, () => post(url, { key, ...pay('pm_card_visa') }));
      // The other clicks are sent before, and yet may come after.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const refused = await post(url, { key: 'a'.repeat(24), ...pay('pm_card_visa') });
      expect(refused.status).toBe(409);
      expect(words(await refused.text())).toContain('Something else is being done with this invoice.');
      return clicks;
    });
    await database.close();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(await chargesOf(payer)).toEqual(['succeeded']);
    expect((await post(url, { key, ...pay('pm_card_visa') })).status).toBe(303);
  });

  test('without a choice that is offered keeps its key for one that is', async () => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const key = keyOf(await read(url));
    expect((await post(url, { key, do: 'pay' })).status).toBe(409);
    expect((await post(url, { key, do: 'authenticate' })).status).toBe(409);
    expect((await post(url, { key, ...pay('pm_card_visa') })).status).toBe(303);
    expect(await chargesOf(payer)).toEqual(['succeeded']);
  });

  test('two pages that are open at once charge once', async () => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const keys = [keyOf(await read(url)), keyOf(await read(url))];
    expect(keys[0]).not.toBe(keys[1]);
    const methods = [payer.method.id, 'pm_card_visa'];
    await Promise.all(methods.map((method, index) => post(url, { key: keys[index]!, ...pay(method) })));
    expect(await chargesOf(payer)).toEqual(['succeeded']);
  });

  test('with another choice does nothing, and says so', async () => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const key = keyOf(await read(url));
    await post(url, { key, ...pay('pm_card_chargeDeclined') });
    const again = await post(url, { key, ...pay('pm_card_visa') });
    expect(again.status).toBe(409);
    expect(words(await again.text())).toContain('This form was sent before, with another choice.');
    expect(await chargesOf(payer)).toEqual(['failed']);
  });
});

describe('nothing is charged', () => {
  test('by a form that no page sends', async () => {
    const payer = await newPayer();
    const { stripe } = payer;
    const stranger = await stripe.customers.create();
    const foreign = await stripe.paymentMethods.attach('pm_card_visa', { customer: stranger.id });
    const free = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    const { url } = await newOpen(payer);
    const forms: [Fields, string][] = [
      [pay(foreign.id), 'Please choose a payment method.'],
      [pay(free.id), 'Please choose a payment method.'],
      [pay('pm_card_amex'), 'Please choose a payment method.'],
      [{ do: 'pay' }, 'Please choose a payment method.'],
      [{ do: 'authenticate' }, 'The bank asks nothing more.'],
      [{ do: 'refund' }, 'This form was not complete.'],
      [{ ...pay('pm_card_visa'), key: 'short' }, 'This form was not complete.'],
    ];
    for (const [fields, problem] of forms) {
      const response = await post(url, { key: keyOf(await read(url)), ...fields });
      const page = words(await response.text());
      expect({ fields, status: response.status, told: page.includes(problem) }).toEqual({
        fields,
        status: 409,
        told: true,
      });
    }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const unreadable = await fetch(url, { method: 'POST', headers, body: Buffer.from([0x64, 0x3d, 0xff]) });
    expect([unreadable.status, await unreadable.text()]).toEqual([400, 'This form could not be read.\n']);
    expect((await fetch(url, { method: 'POST', headers, body: 'x'.repeat(5_000) })).status).toBe(400);
    expect(await chargesOf(payer)).toEqual([]);
  });

  test('by an address that names nothing', async () => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const fields = { key: keyOf(await read(url)), ...pay('pm_card_visa') };
    const wrong = url.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect((await post(wrong, fields)).status).toBe(404);
    expect((await post(`${url}/pdf`, fields)).status).toBe(404);
    expect(await chargesOf(payer)).toEqual([]);
  });

  test.each<[string, (stripe: Stripe, id: string) => Promise<unknown>]>([
    ['was voided', (stripe, id) => stripe.invoices.voidInvoice(id)],
    ['was paid elsewhere', (stripe, id) => stripe.invoices.pay(id, { paid_out_of_band: true })],
  ])('of an invoice that %s meanwhile: its page tells that', async (_, settle) => {
    const payer = await newPayer();
    const { id, url } = await newOpen(payer);
    const fields = { key: keyOf(await read(url)), ...pay('pm_card_visa') };
    await settle(payer.stripe, id);
    expect((await post(url, fields)).status).toBe(303);
    expect(await read(url)).not.toContain('<form');
    expect(await chargesOf(payer)).toEqual([]);
  });

  test('of an invoice of which a credit note leaves too little: its page says so', async () => {
    const payer = await newPayer();
    const { id, url } = await newOpen(payer);
    await payer.stripe.creditNotes.create({ invoice: id, amount: 1200 });
    const page = await read(url);
    expect(words(page)).toContain('What remains is too small to be paid by card.');
    expect(page).not.toContain('<form');
    const refused = await refusal(payer.stripe.invoices.pay(id, { payment_method: payer.method.id }));
    expect(refused).toMatchObject({ status: 400, code: 'amount_too_small' });
    expect(refused.param).toBeUndefined();
  });

  test('by another site, or by what is no form', async () => {
    const payer = await newPayer();
    const { url } = await newOpen(payer);
    const body = new URLSearchParams({ key: keyOf(await read(url)), ...pay('pm_card_visa') }).toString();
    const type = 'application/x-www-form-urlencoded';
    const refused: Record<string, string>[] = [
      { 'content-type': 'text/plain' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': 'application/json' },
      { 'content-type': type, 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of refused) {
      const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual' });
      expect([headers, response.status]).toEqual([headers, 400]);
    }
    expect(await chargesOf(payer)).toEqual([]);
    const headers = { 'content-type': `${type}; charset=utf-8`, 'sec-fetch-site': 'same-origin' };
    expect((await fetch(url, { method: 'POST', body, headers, redirect: 'manual' })).status).toBe(303);
    expect(await chargesOf(payer)).toEqual(['succeeded']);
  });

  test('of a live account, whose page has no form', async () => {
    const { stripe } = await newAccount({ livemode: true });
    const customer = await stripe.customers.create();
    const { id, url } = await newOpen({ stripe, customer });
    const response = await fetch(url);
    expect(response.headers.get('content-security-policy')).toContain("form-action 'none'");
    expect(await response.text()).not.toContain('<form');
    expect((await post(url, { key: 'k'.repeat(24), ...pay('pm_card_visa') })).status).toBe(303);
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempted: false });
  });
});
