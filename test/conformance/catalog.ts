import { expect } from 'vitest';
import type { TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';

export type CatalogEvent = {
  readonly type: string;
  readonly data: { readonly object: Params; readonly previous_attributes?: Params };
};

/** `[param, part of the message, code, status]` of an error. */
export type Expected = readonly [param: string | undefined, message: string, code?: string, status?: number];

/** A request that must be refused: its name, its parameters, its error. */
export type Refusal = readonly [name: string, params: Params, error: Expected];

/** The catalog of an account, as the tests make and read it. */
export function catalogOf(account: TestAccount) {
  /** The body of a request that must succeed. */
  async function ok(method: string, path: string, params: Params = {}) {
    const { status, body } = await account.request(method, path, params);
    expect(body.error).toBeUndefined();
    expect(status).toBe(200);
    return body;
  }

  /** The events of an object, the first one first. */
  async function eventsOf(id: string): Promise<CatalogEvent[]> {
    const { data } = await ok('GET', '/v1/events', { limit: 100 });
    return data.filter((event: CatalogEvent) => event.data.object['id'] === id).toReversed();
  }

  /** Everything that a request to the catalog could have written. */
  async function everything(): Promise<unknown> {
    const { data: products } = await ok('GET', '/v1/products', { limit: 100 });
    const { data: prices } = await ok('GET', '/v1/prices', { limit: 100, expand: ['data.currency_options'] });
    const { data: events } = await ok('GET', '/v1/events', { limit: 100 });
    return { products, prices, events };
  }

  return {
    ok,
    eventsOf,
    typesOf: async (id: string) => (await eventsOf(id)).map((event) => event.type),
    product: (params: Params = {}) => ok('POST', '/v1/products', { name: 'Alpaca AI', ...params }),
    /** A price of 500 minor units with a product of its own, but for what is given. */
    price: (params: Params = {}) =>
      ok('POST', '/v1/prices', { currency: 'usd', unit_amount: 500, product_data: { name: 'Seat' }, ...params }),
    meter: (name: string) =>
      ok('POST', '/v1/billing/meters', {
        display_name: name,
        event_name: name,
        default_aggregation: { formula: 'sum' },
      }),
    /** Sends a request that must be refused with this error, and proves that it wrote nothing. */
    async refused(method: string, path: string, params: Params, error: Expected): Promise<void> {
      const before = await everything();
      const { status, body } = await account.request(method, path, params);
      const [param, message, code, wanted = 400] = error;
      expect(body.error?.message).toContain(message);
      expect([status, body.error.param, body.error.code]).toEqual([wanted, param, code]);
      expect(await everything()).toEqual(before);
    },
  };
}

export type Catalog = ReturnType<typeof catalogOf>;
