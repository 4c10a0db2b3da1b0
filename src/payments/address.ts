import type { Address } from '../customers/customer.ts';
import type { ShippingParams } from './payment_method.params.ts';

/** Where goods go, as intents and charges tell it: what was not given is left out. */
export type Shipping = {
  readonly address: Address;
  readonly name: string;
  readonly carrier?: string;
  readonly phone?: string;
  readonly tracking_number?: string;
};

/** An address is given as a whole: parts that are not named are null. */
export function wholeAddress(part: { [K in keyof Address]?: string | null }): Address {
  return {
    city: part.city ?? null,
    country: part.country ?? null,
    line1: part.line1 ?? null,
    line2: part.line2 ?? null,
    postal_code: part.postal_code ?? null,
    state: part.state ?? null,
  };
}

/** The shipping that a request gave; undefined where it gave none. */
export function readShipping(params: ShippingParams | undefined): Shipping | undefined {
  return params && { ...params, address: wholeAddress(params.address) };
}
