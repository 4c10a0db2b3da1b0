import { expect, test } from 'vitest';
import { describeProgress, duration } from './import_progress.ts';

test('the bar tells how much of the file is read, how fast it goes, and how long it will take', () => {
  const state = { label: 'Importing', totalBytes: 4000, seconds: 5 };
  expect(describeProgress({ ...state, bytes: 1000, rows: 500_000 })).toBe(
    'Importing [######------------------] 25%  500,000 rows  100,000 rows/s  0:15 left',
  );
  expect(describeProgress({ ...state, bytes: 0, rows: 0 })).toBe('Importing [------------------------] 0%');
  expect(describeProgress({ ...state, bytes: 4000, rows: 1 })).toBe(
    'Importing [########################] 100%  1 rows  0 rows/s',
  );
  expect(describeProgress({ ...state, totalBytes: undefined, bytes: 1000, rows: 10 })).toBe(
    'Importing  10 rows  2 rows/s',
  );
});

test.each([
  [0, '0:00'],
  [75.4, '1:15'],
  [3723, '1:02:03'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
