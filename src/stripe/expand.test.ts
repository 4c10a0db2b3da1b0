import { expect, test } from 'vitest';
import type { Context } from './context.ts';
import { applyExpand, checkExpand, type ExpandTable } from './expand.ts';
import type { JsonObject } from './json.ts';

const context = {} as Context;
const loads: string[][] = [];

const table: ExpandTable = {
  subscription: {
    fields: {
      customer: { id: 'customer' },
      items: { list: 'item' },
      details: { hash: { parent: { id: 'subscription' } } },
    },
    async load(_context, ids) {
      return new Map(ids.map((id) => [id, { id, object: 'subscription', customer: 'cus_9', items: { data: [] } }]));
    },
  },
  item: { fields: { price: { embedded: 'price' } } },
  price: {
    fields: {
      product: { id: 'product' },
      tiers: { include: async (_context, parents) => parents.map(() => [{ up_to: null }]) },
    },
  },
  product: {
    fields: {},
    async load(_context, ids) {
      loads.push([...ids]);
      return new Map(ids.filter((id) => id !== 'gone').map((id) => [id, { id, object: 'product' }]));
    },
  },
  customer: {
    fields: {
      subscriptions: {
        include: async (_context, parents) =>
          parents.map(({ id }) => ({ object: 'list', data: [{ object: 'subscription', customer: id }] })),
        list: 'subscription',
      },
    },
    load: async (_context, ids) => new Map(ids.map((id) => [id, { id, object: 'customer' }])),
  },
};

const price = { object: 'price', product: 'prod_1' };
const subscription: JsonObject = {
  object: 'subscription',
  customer: 'cus_1',
  details: { parent: 'sub_0' },
  items: { object: 'list', data: [{ price }, { price }, { price: { object: 'price', product: 'gone' } }] },
};

async function expanded(root: JsonObject, paths: string[], answers: { object: string } | { list: string }) {
  checkExpand(paths, answers, table);
  return (await applyExpand(context, root, paths, answers, table)) as Record<string, never>;
}

test('an id becomes its object, a field behind lists and embedded objects too, with one query a field', async () => {
  const view = await expanded(subscription, ['customer', 'items.data.price.product', 'items.data.price.tiers'], {
    object: 'subscription',
  });
  expect(view).toEqual({
    object: 'subscription',
    customer: { id: 'cus_1', object: 'customer' },
    details: { parent: 'sub_0' },
    items: {
      object: 'list',
      data: [
        { price: { object: 'price', product: { id: 'prod_1', object: 'product' }, tiers: [{ up_to: null }] } },
        { price: { object: 'price', product: { id: 'prod_1', object: 'product' }, tiers: [{ up_to: null }] } },
        { price: { object: 'price', product: 'gone', tiers: [{ up_to: null }] } },
      ],
    },
  });
  expect(loads).toEqual([['prod_1', 'gone']]);
  expect(price.product).toBe('prod_1');
});

test('hashes lead on, and expanded objects can be expanded further', async () => {
  const view = await expanded(subscription, ['details.parent.customer'], { object: 'subscription' });
  expect(view).toMatchObject({ details: { parent: { id: 'sub_0', customer: { id: 'cus_9', object: 'customer' } } } });
});

test('an included list can be entered, and a second path keeps what the first expanded', async () => {
  const root = { id: 'cus_1', object: 'customer' };
  const paths = ['subscriptions.data.customer', 'subscriptions'];
  const view = await expanded(root, paths, { object: 'customer' });
  const inner = { object: 'subscription', customer: { id: 'cus_1', object: 'customer' } };
  expect(view).toEqual({ ...root, subscriptions: { object: 'list', data: [inner] } });
});

test('lists are expanded through data', async () => {
  const page = { object: 'list', data: [subscription, { ...subscription, customer: null }] };
  const view = await expanded(page, ['data.customer'], { list: 'subscription' });
  expect(view).toMatchObject({ data: [{ customer: { id: 'cus_1' } }, { customer: null }] });
});

test('more objects than the limit are refused', async () => {
  const page = {
    object: 'list',
    data: Array.from({ length: 5_001 }, (_, n) => ({ ...subscription, customer: `cus_${n}` })),
  };
  await expect(expanded(page, ['data.customer'], { list: 'subscription' })).rejects.toThrow('more than 5000 objects');
});

test.each([
  ['nope', { object: 'subscription' }, 'This property cannot be expanded (nope).'],
  ['customer.nope', { object: 'subscription' }, 'This property cannot be expanded (customer.nope).'],
  ['items.price', { object: 'subscription' }, 'This property cannot be expanded (items.price).'],
  ['customer', { list: 'subscription' }, 'This property cannot be expanded (customer).'],
  ['toString', { object: 'subscription' }, 'This property cannot be expanded (toString).'],
  ['', { object: 'subscription' }, 'This property cannot be expanded ().'],
  ['details.parent.details.parent.customer', { object: 'subscription' }, 'You cannot expand more than 4 levels'],
])('%s on %o is refused before anything runs', (path, answers, message) => {
  expect(() => checkExpand([path], answers, table)).toThrow(message);
});
