import { expect, test } from 'vitest';
import { aggregate } from './aggregate.ts';
import type { Formula } from './meter.ts';

test.each<[Formula, string[], string | undefined]>([
  ['sum', ['25', '10', '0.5'], '35.5'],
  ['sum', ['0.1', '0.2'], '0.3'],
  ['sum', ['-3', '3'], '0'],
  ['sum', [], '0'],
  ['sum', ['1', 'x'], undefined],
  ['count', ['25', 'x', ''], '3'],
  ['last', ['25', '10'], '10'],
  ['max', ['-3', '-1.5', '-2'], '-1.5'],
  ['min', ['3', '1.5', '2'], '1.5'],
  ['average', ['1', '1', '2'], '1.333333333333'],
  ['average', ['-1', '-1', '-3'], '-1.666666666667'],
  ['unique_count', ['a', 'A', 'a'], '2'],
])('%s of %j is %s', (formula, values, expected) => {
  expect(aggregate(formula, values)).toBe(expected);
});
