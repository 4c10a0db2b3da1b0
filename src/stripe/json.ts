import { type Decimal, formatDecimal } from '../money/decimal.ts';

/** What views answer. bigint is written as a JSON number of all its digits. */
export type Json = string | number | bigint | boolean | null | RawNumber | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json | undefined };

declare const RAW: unique symbol;
/** A number whose digits are written as they are, so that no float comes between. */
export type RawNumber = { readonly [RAW]: true };

// JSON.rawJSON is part of the language since 2025 but not yet of TypeScript's library.
const rawJson = (JSON as unknown as { rawJSON(text: string): RawNumber }).rawJSON;

/** A decimal as a JSON number of exactly its digits. */
export function exactNumber(value: Decimal): RawNumber {
  return rawJson(formatDecimal(value));
}

// Asked by JSON.stringify. A replacer function would do the same and is asked for every value of every answer.
// oxlint-disable-next-line eslint/no-extend-native -- the language asks for just this method, which it does not define.
Object.defineProperty(BigInt.prototype, 'toJSON', {
  configurable: true,
  value(this: bigint) {
    const number = Number(this);
    // A number of the language is written five times as fast, and as exactly.
    return Number.isSafeInteger(number) ? number : rawJson(String(this));
  },
});

/** The JSON text of a view. */
export function toJson(value: Json): string {
  return JSON.stringify(value);
}
