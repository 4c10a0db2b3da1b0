import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;
let customer: string;

beforeAll(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
  customer = (await account.stripe.customers.create()).id;
});

const german = { type: 'eu_vat', value: 'DE123456789' } as const;
const american = { type: 'us_ein', value: '12-3456789' } as const;
const invalid = 'tax_id_invalid';

describe('a tax id', () => {
  test('of a customer', async () => {
    const { stripe } = account;
    const created = await stripe.customers.createTaxId(customer, german);
    expect(created).toMatchObject({
      id: expect.stringMatching(/^txi_\w{24}$/),
      object: 'tax_id',
      country: 'DE',
      customer,
      customer_account: null,
      livemode: false,
      owner: { customer, customer_account: null, type: 'customer' },
      ...german,
      verification: { status: 'unavailable', verified_address: null, verified_name: null },
    });
    expect(await stripe.customers.retrieveTaxId(customer, created.id)).toEqual(created);
    expect(await stripe.taxIds.retrieve(created.id)).toEqual(created);
    const expanded = await stripe.taxIds.retrieve(created.id, { expand: ['customer', 'owner.customer'] });
    expect(expanded).toMatchObject({ customer: { id: customer }, owner: { customer: { id: customer } } });
    expect((await stripe.customers.listTaxIds(customer)).data).toEqual([created]);
    expect(await stripe.customers.deleteTaxId(customer, created.id)).toEqual({
      id: created.id,
      object: 'tax_id',
      deleted: true,
    });
    expect((await stripe.customers.listTaxIds(customer)).data).toEqual([]);
    expect(await catalog.eventsOf(created.id)).toMatchObject([
      { type: 'customer.tax_id.created', data: { object: created } },
      { type: 'customer.tax_id.deleted', data: { object: created } },
    ]);
  });

  test('of the account itself, which is who owns it when nobody is named', async () => {
    const { stripe } = await newAccount();
    const own = await stripe.taxIds.create(american);
    expect(own).toMatchObject({ country: 'US', customer: null, owner: { customer_account: null, type: 'self' } });
    const same = await stripe.taxIds.create({ ...german, owner: { type: 'self' } });
    const buyer = await stripe.customers.create();
    const owner = { type: 'customer', customer: buyer.id } as const;
    const theirs = await stripe.taxIds.create({ ...german, owner });
    expect((await stripe.taxIds.list()).data).toEqual([same, own]);
    expect((await stripe.taxIds.list({ owner: { type: 'self' }, limit: 1 })).data).toEqual([same]);
    expect((await stripe.taxIds.list({ owner })).data).toEqual([theirs]);
    expect((await stripe.customers.listTaxIds(buyer.id)).data).toEqual([theirs]);
    expect(await stripe.taxIds.del(own.id)).toMatchObject({ deleted: true });
    expect(await stripe.taxIds.del(theirs.id)).toMatchObject({ deleted: true });
    // Only those of customers have events.
    const types = (await stripe.events.list({ type: 'customer.tax_id.*' })).data.map(({ type }) => type);
    expect(types).toEqual(['customer.tax_id.deleted', 'customer.tax_id.created']);
  });

  test('can come with its customer, who shows it when expanded', async () => {
    const { stripe } = account;
    const created = await stripe.customers.create({ tax_id_data: [german, american], expand: ['tax_ids'] });
    expect(created.tax_ids).toMatchObject({
      object: 'list',
      has_more: false,
      url: `/v1/customers/${created.id}/tax_ids`,
      data: [american, german],
    });
    const { data } = await stripe.customers.list({ limit: 2, expand: ['data.tax_ids'] });
    expect(data.map((each) => each.tax_ids?.data.length)).toEqual([2, 0]);
    const types = (await stripe.events.list({ limit: 3 })).data.map(({ type }) => type);
    expect(types).toEqual(['customer.tax_id.created', 'customer.tax_id.created', 'customer.created']);
  });

  test('is one of 25 at most, of which a customer shows 10', async () => {
    const tax_id_data = Array.from({ length: 25 }, () => american);
    const { id, tax_ids: shown } = await account.stripe.customers.create({ tax_id_data, expand: ['tax_ids'] });
    expect([shown?.data.length, shown?.has_more]).toEqual([10, true]);
    const path = `/v1/customers/${id}/tax_ids`;
    await catalog.refused('POST', path, american, [undefined, 'at most 25 tax IDs']);
    const more = { tax_id_data: [...tax_id_data, american] };
    await catalog.refused('POST', '/v1/customers', more, ['tax_id_data', 'at most 25 entries']);
  });
});

describe('refused, with nothing written', () => {
  test.each<Refusal>([
    ['no value', { value: undefined }, ['value', 'Missing required param', 'parameter_missing']],
    ['no type', { type: undefined }, ['type', 'Missing required param', 'parameter_missing']],
    ['an unknown type', { type: 'xx_vat' }, ['type', 'Invalid type: must be one of']],
    ['a type that is only answered', { type: 'unknown' }, ['type', 'Invalid type']],
    ['a short number', { value: 'DE12345678' }, ['value', 'Invalid value for eu_vat.', invalid]],
    ['a number of no member', { value: 'US123456789' }, ['value', 'Invalid value for eu_vat.', invalid]],
    ['another form', { type: 'us_ein', value: 'AB-3456789' }, ['value', 'Invalid value for us_ein.', invalid]],
  ])('a tax id of %s', async (_, params, error) => {
    const both = [`/v1/customers/${customer}/tax_ids`, '/v1/tax_ids'];
    for (const path of both) await catalog.refused('POST', path, { ...german, ...params }, error);
  });

  test('a customer with a malformed one', async () => {
    const params = { tax_id_data: [american, { type: 'gb_vat', value: 'x' }] };
    const error = ['tax_id_data[1][value]', 'Invalid value for gb_vat.', invalid] as const;
    await catalog.refused('POST', '/v1/customers', params, error);
  });

  test.each<Refusal>([
    ['a customer without name', { type: 'customer' }, ['owner[customer]', 'Missing', 'parameter_missing']],
    [
      'an unknown customer',
      { type: 'customer', customer: 'cus_x' },
      ['owner[customer]', 'No such customer', 'resource_missing'],
    ],
    ['itself and a customer', { type: 'self', customer: 'cus_x' }, ['owner[customer]', 'requires']],
    ['an application', { type: 'application' }, ['owner[type]', 'must be one of customer or self']],
    ['an account', { type: 'self', account: 'acct_1' }, ['owner[account]', 'not served', 'parameter_not_served']],
    ['nobody', { customer: 'cus_x' }, ['owner[type]', 'Missing', 'parameter_missing']],
  ])('the owner %s', async (_, owner, error) => {
    await catalog.refused('POST', '/v1/tax_ids', { ...german, owner }, error);
    await catalog.refused('GET', '/v1/tax_ids', { owner }, error);
  });

  test('what belongs to another customer, to nobody, or is gone', async () => {
    const { stripe } = account;
    const { id } = await stripe.customers.createTaxId(customer, german);
    const { id: other } = await stripe.customers.create();
    const missing = ['id', `No such tax ID: '${id}'`, 'resource_missing', 404] as const;
    for (const method of ['GET', 'DELETE']) {
      await catalog.refused(method, `/v1/customers/${other}/tax_ids/${id}`, {}, missing);
    }
    await stripe.taxIds.del(id);
    for (const method of ['GET', 'DELETE']) await catalog.refused(method, `/v1/tax_ids/${id}`, {}, missing);
    const nobody = ['id', "No such customer: 'cus_x'", 'resource_missing', 404] as const;
    await catalog.refused('POST', '/v1/customers/cus_x/tax_ids', german, nobody);
    await catalog.refused('GET', '/v1/customers/cus_x/tax_ids', {}, nobody);
  });
});
