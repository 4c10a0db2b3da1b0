import { describe, expect, test } from 'vitest';
import { formatDecimal } from '../money/decimal.ts';
import { StripeError } from './errors.ts';
import { decodeForm } from './form.ts';
import { decodeParams, object, type ParamType, required } from './params.ts';
import {
  amount,
  bigInteger,
  boolean,
  clearable,
  currency,
  decimalAmount,
  integer,
  list,
  mapOf,
  metadata,
  oneOf,
  string,
  textOr,
  timestamp,
  unserved,
} from './params.types.ts';

function errorOf(type: ParamType<unknown>, form: string) {
  try {
    decodeParams(type, decodeForm(form));
  } catch (error) {
    if (error instanceof StripeError) return error.body.error;
    throw error;
  }
  return undefined;
}

const one = (type: ParamType<unknown>) => object({ x: type });

describe('values', () => {
  test.each<[string, ParamType<unknown>, string, unknown]>([
    ['string', string(), 'x=a', 'a'],
    ['integer', integer(0, 9), 'x=7', 7],
    ['negative integer', bigInteger(-9n, 9n), 'x=-7', -7n],
    ['amount', amount(), 'x=99999999', 99_999_999n],
    ['boolean', boolean(), 'x=false', false],
    ['word', oneOf('day', 'hour'), 'x=day', 'day'],
    ['currency', currency(), 'x=USD', 'usd'],
    ['list by place', list(string(), { max: 3 }), 'x[1]=b&x[0]=a', ['a', 'b']],
    ['list by brackets', list(string(), { max: 3 }), 'x[]=a&x[]=b', ['a', 'b']],
    ['cleared', clearable(string()), 'x=', null],
    ['not cleared', clearable(string()), 'x=a', 'a'],
    ['either as text', textOr(integer(0, 9), object({ gt: integer(0, 9) })), 'x=3', 3],
    ['either as object', textOr(integer(0, 9), object({ gt: integer(0, 9) })), 'x[gt]=3', { gt: 3 }],
    ['map', mapOf(string(), () => undefined), 'x[eur]=a', new Map([['eur', 'a']])],
    [
      'metadata',
      metadata(),
      'x[a]=b&x[c]=',
      new Map([
        ['a', 'b'],
        ['c', null],
      ]),
    ],
  ])('%s', (_name, type, form, expected) => {
    expect(decodeParams(one(type), decodeForm(form))).toEqual({ x: expected });
  });

  test('decimals keep all 12 places, times are instants', () => {
    const decoded = decodeParams(
      object({ d: decimalAmount(), t: timestamp() }),
      decodeForm('d=0.000000000001&t=1717249380'),
    );
    expect(formatDecimal(decoded.d!)).toBe('0.000000000001');
    expect(decoded.t!.toString()).toBe('2024-06-01T13:43:00Z');
  });
});

describe('errors', () => {
  test.each<[string, ParamType<unknown>, string, string, string | undefined]>([
    ['empty string', string(), 'x=', "You passed an empty string for 'x'", 'parameter_invalid_empty'],
    ['long string', string({ max: 3 }), 'x=abcd', 'must be at most 3 characters', undefined],
    ['NUL', string(), 'x=a%00', 'NUL', undefined],
    ['string as object', string(), 'x[a]=1', 'Invalid string', undefined],
    ['object as string', object({}), 'x=1', 'Invalid object', undefined],
    ['list as string', list(string(), { max: 3 }), 'x=1', 'Invalid array', undefined],
    ['list as object', list(string(), { max: 3 }), 'x[a]=1', 'Invalid array', undefined],
    ['long list', list(string(), { max: 1 }), 'x[]=1&x[]=2', 'at most 1 entries', undefined],
    ['integer', integer(0, 9), 'x=1.5', 'Invalid integer: 1.5', 'parameter_invalid_integer'],
    ['huge integer', integer(0, 9), 'x=99999999999999999999', 'Invalid integer', 'parameter_invalid_integer'],
    ['small integer', integer(1, 9), 'x=0', 'greater than or equal to 1', 'parameter_invalid_integer'],
    ['large integer', integer(1, 9), 'x=10', 'less than or equal to 9', 'parameter_invalid_integer'],
    ['boolean', boolean(), 'x=1', 'Invalid boolean: 1', undefined],
    ['word', oneOf('day', 'hour', 'week'), 'x=year', 'Invalid x: must be one of day, hour, or week', undefined],
    ['currency', currency(), 'x=abc', 'Invalid currency: abc. Supported currencies are: aed, ', undefined],
    ['decimal', decimalAmount(), 'x=1e5', 'Invalid decimal: 1e5', undefined],
    ['decimal places', decimalAmount(), 'x=0.0000000000001', 'at most 12 decimal places', undefined],
    ['negative decimal', decimalAmount(), 'x=-1', 'must be between 0', undefined],
    ['metadata nesting', metadata(), 'x[a][b]=1', 'can not be nested', undefined],
    ['metadata key', metadata(), `x[${'k'.repeat(41)}]=1`, 'at most 40 characters', undefined],
    ['metadata value', metadata(), `x[k]=${'v'.repeat(501)}`, 'at most 500 characters', undefined],
    [
      'metadata keys',
      metadata(),
      Array.from({ length: 51 }, (_, n) => `x[k${n}]=v`).join('&'),
      'at most 50 keys',
      undefined,
    ],
    ['unserved', unserved(), 'x[enabled]=true', 'The parameter x is not served by Usance yet', 'parameter_not_served'],
    ['unserved, empty', unserved(), 'x=', 'The parameter x is not served by Usance yet', 'parameter_not_served'],
  ])('%s', (_name, type, form, message, code) => {
    const error = errorOf(one(type), form);
    expect(error?.message).toContain(message);
    expect(error?.code).toBe(code);
    expect(error?.param).toMatch(/^x/);
  });
});

test('the order of checks: unknown, missing, type, range', () => {
  const type = object({
    needed: required(string()),
    number: integer(1, 5),
    items: list(object({ price: required(string()) }), { max: 5 }),
  });
  expect(errorOf(type, 'number=9&nope=1&number2=x')?.message).toBe('Received unknown parameters: nope, number2');
  expect(errorOf(type, 'number=x')?.message).toBe('Missing required param: needed.');
  expect(errorOf(type, 'needed=a&items[0][x]=1')).toMatchObject({ code: 'parameter_unknown', param: 'items[0][x]' });
  expect(errorOf(type, 'needed=a&items[0]=')?.message).toMatch(
    /^Invalid object: expected fields such as `items\[0\]\[\w+\]`$/,
  );
  expect(errorOf(type, 'needed=&number=9')?.code).toBe('parameter_invalid_empty');
  expect(errorOf(type, 'needed=a&number=9')?.message).toContain('less than or equal to 5');
  expect(errorOf(type, 'needed=a&number=5')).toBeUndefined();
});
