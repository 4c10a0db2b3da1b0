import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSearch, type SearchClause } from './search.ts';

const clause = (parts: Partial<SearchClause>): SearchClause => ({
  field: 'total',
  key: null,
  isNegated: false,
  operator: ':',
  value: '1',
  ...parts,
});

describe('a query', () => {
  test.each<[string, 'and' | 'or', Partial<SearchClause>[]]>([
    ['total:1', 'and', [{}]],
    ['total:"1"', 'and', [{}]],
    ["total:'1'", 'and', [{}]],
    ['  total>=1  ', 'and', [{ operator: '>=' }]],
    ['total<-5', 'and', [{ operator: '<', value: '-5' }]],
    ['-total:1', 'and', [{ isNegated: true }]],
    ['name~"a b"', 'and', [{ field: 'name', operator: '~', value: 'a b' }]],
    [String.raw`name:"a\"b\\"`, 'and', [{ field: 'name', value: String.raw`a"b\ `.trim() }]],
    ['metadata["k"]:"v"', 'and', [{ field: 'metadata', key: 'k', value: 'v' }]],
    [`-metadata['k l']:null`, 'and', [{ field: 'metadata', key: 'k l', value: null, isNegated: true }]],
    ['email:"null"', 'and', [{ field: 'email', value: 'null' }]],
    ['total:1 AND name:"x"', 'and', [{}, { field: 'name', value: 'x' }]],
    ['total:1 name:"x"', 'and', [{}, { field: 'name', value: 'x' }]],
    ['total:1 or total:1 OR total:1', 'or', [{}, {}, {}]],
  ])('%s', (text, join, clauses) => {
    expect(parseSearch(text)).toEqual({ join, clauses: clauses.map(clause) });
  });

  test.each([
    [''],
    ['total'],
    ['total:'],
    ['total:"1'],
    ['(total:1)'],
    ['total:1 AND'],
    ['total:1 AND AND total:1'],
    ['total:1,total:1'],
    ['metadata[k]:"v"'],
    ['total:"1"total:"1"'],
    [': 1'],
  ])('that can not be read is refused: %s', (text) => {
    expect(() => parseSearch(text)).toThrow('unable to parse');
  });

  test('can not mix AND and OR', () => {
    expect(() => parseSearch('total:1 AND total:2 OR total:3')).toThrow('combine AND and OR');
    expect(() => parseSearch('total:1 total:2 OR total:3')).toThrow('combine AND and OR');
  });

  test('has at most 20 clauses', () => {
    const query = (count: number) => Array.from({ length: count }, () => 'total:1').join(' AND ');
    expect(parseSearch(query(20)).clauses).toHaveLength(20);
    expect(() => parseSearch(query(21))).toThrow('at most 20');
  });

  test('gives back every quoted value', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = value.replaceAll(/["\\]/g, String.raw`\$&`);
        expect(parseSearch(`name:"${quoted}" total:1`).clauses[0]).toEqual(clause({ field: 'name', value }));
      }),
    );
  });
});
