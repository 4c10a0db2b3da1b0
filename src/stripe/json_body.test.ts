import { describe, expect, test } from 'vitest';
import { StripeError } from './errors.ts';
import { canonicalJson, formOfJson, parseJson } from './json_body.ts';
import { decodeParams, object, required } from './params.ts';
import { boolean, clearable, integer, list, metadata, rfc3339, string, textOr, unserved } from './params.types.ts';

const PARAMS = object({
  name: required(string()),
  note: clearable(string()),
  count: integer(0, 9),
  on: boolean(),
  tags: list(string(), { max: 2 }),
  at: rfc3339(),
  metadata: metadata(),
  range: textOr(string(), object({ from: string() })),
  later: unserved(),
});

function decode(text: string) {
  return decodeParams(PARAMS, formOfJson(parseJson(text), PARAMS.shape));
}

function refusal(text: string): string {
  try {
    decode(text);
  } catch (error) {
    if (error instanceof StripeError) return `${error.fields.param ?? ''}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('one declaration reads JSON as it reads a form', () => {
  test('of every kind', () => {
    const text =
      '{"name":"A","note":null,"count":5,"on":true,"tags":["a","b"],"at":"1970-01-01T00:00:01Z","range":{"from":"x"}}';
    expect(decode(text)).toEqual({
      name: 'A',
      note: null,
      count: 5,
      on: true,
      tags: ['a', 'b'],
      at: Temporal.Instant.fromEpochMilliseconds(1000),
      range: { from: 'x' },
    });
    expect(decode('{"name":"A","range":"x","count":"5"}')).toEqual({ name: 'A', range: 'x', count: 5 });
    expect(decode('{"name":"A","metadata":{"k":"v","gone":null}}').metadata).toEqual(
      new Map([
        ['k', 'v'],
        ['gone', null],
      ]),
    );
  });

  test.each([
    ['{}', 'name: Missing required param'],
    ['{"name":5}', 'name: Invalid value for name: it must be a string, not a number'],
    ['{"name":null}', 'it must be a string, not null'],
    ['{"name":"A","count":1.5}', 'count: Invalid value for count: it must be an integer, not a number'],
    ['{"name":"A","count":10}', 'less than or equal to 9'],
    ['{"name":"A","count":12345678901234567890}', 'must be an integer'],
    ['{"name":"A","on":"true"}', 'it must be a boolean, not a string'],
    ['{"name":"A","on":1}', 'it must be a boolean, not a number'],
    ['{"name":"A","tags":{"0":"a"}}', 'it must be an array, not an object'],
    ['{"name":"A","tags":["a",1]}', 'tags[1]: Invalid value for tags[1]'],
    ['{"name":"A","tags":["a","b","c"]}', 'at most 2 entries'],
    ['{"name":"A","range":{"nope":"x"}}', 'range[nope]: Received unknown parameter: range[nope]'],
    ['{"name":"A","metadata":{"k":{}}}', 'it must be a string, not an object'],
    ['{"name":"A","later":{"a":[{}]}}', 'later: The parameter later is not served'],
    ['{"name":"A","constructor":"x"}', 'Received unknown parameter: constructor'],
    ['{"name":"A","nope":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}', 'Received unknown parameter: nope'],
    ['{"name":"\\udfff"}', 'half of a surrogate pair'],
  ])('%s', (text, problem) => {
    expect(refusal(text)).toContain(problem);
  });
});

describe('the canonical text', () => {
  const canonical = (text: string) => canonicalJson(parseJson(text));

  test('is the same for the same parameters in another order', () => {
    expect(canonical('{"a":{"x":1,"y":[1,2]},"b":"2"}')).toBe(canonical(' { "b":"2", "a":{"y":[1, 2],"x":1} } '));
  });

  test.each([
    ['{"a":"1"}', '{"a":1}'],
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":[]}', '{"a":{}}'],
    ['{"a":null}', '{}'],
    ['{"a":"\\",\\"b"}', '{"a":"","b":""}'],
  ])('tells %s from %s', (one, other) => {
    expect(canonical(one)).not.toBe(canonical(other));
  });

  test('of more than 10 levels is refused', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(() => canonical(nested(10))).not.toThrow();
    expect(() => canonical(nested(11))).toThrow('nested deeper than 10 levels');
    expect(() => canonical(nested(100_000))).toThrow('nested deeper than 10 levels');
  });
});
