import { expect, test } from 'vitest';
import { backwards, forwards, type Stretch } from './history_window.ts';

const NOW = Temporal.Instant.from('2026-11-22T10:00:00Z');
const at = (seconds: number) => NOW.add({ seconds });
/** Bounds as seconds from now. */
const told = (stretches: Iterable<Stretch>) =>
  [...stretches].map(({ from, before }) =>
    [from, before].map((bound) => bound && (bound.epochMilliseconds - NOW.epochMilliseconds) / 1000),
  );

test('backwards the stretches grow, touch each other, and end at the begin', () => {
  expect(told(backwards(at(-100), at(0), NOW))).toEqual([
    [-1, 0],
    [-5, -1],
    [-21, -5],
    [-85, -21],
    [-100, -85],
  ]);
});

test('backwards without bounds they reach from the future to 1970 in few steps', () => {
  const stretches = [...backwards(undefined, undefined, NOW)];
  expect(stretches[0]).toEqual({ from: at(-1), before: undefined });
  expect(stretches.at(-1)?.from.epochMilliseconds).toBe(0);
  expect(stretches.length).toBeLessThan(18);
});

test('a short stretch is one', () => {
  expect(told(backwards(at(-1), at(0), NOW))).toEqual([[-1, 0]]);
  expect(told(backwards(at(5), undefined, NOW))).toEqual([[5, undefined]]);
  expect(told(forwards(at(-1), at(0), NOW))).toEqual([[-1, 0]]);
});

test('forwards they grow as well, and end with the end or with none', () => {
  expect(told(forwards(at(-20), at(0), NOW))).toEqual([
    [-20, -19],
    [-19, -15],
    [-15, 0],
  ]);
  expect(told(forwards(at(-3), undefined, NOW))).toEqual([
    [-3, -2],
    [-2, undefined],
  ]);
  expect(told(forwards(at(60), undefined, NOW))).toEqual([[60, undefined]]);
});
