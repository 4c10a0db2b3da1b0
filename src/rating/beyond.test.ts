import { describe, expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import { rateBeyond } from './beyond.ts';
import type { PriceModel } from './price.ts';

const d = (text: string) => decimal(text);
const tiers = [
  { upTo: 100n, unitAmount: d('10'), flatAmount: d('500') },
  { upTo: null, unitAmount: d('5'), flatAmount: d('200') },
];
const GRADUATED: PriceModel = { scheme: 'tiered', mode: 'graduated', tiers };
const VOLUME: PriceModel = { scheme: 'tiered', mode: 'volume', tiers };
const PACKAGES: PriceModel = {
  scheme: 'per_unit',
  unitAmount: d('4'),
  transform: { divideBy: 100n, round: 'up' },
};
const THIRDS: PriceModel = { scheme: 'per_unit', unitAmount: d('0.5'), transform: null };

/** Lines as `kind, tier, quantity, amount`. */
function beyond(model: PriceModel, usage: string, billed: string) {
  return rateBeyond(model, d(usage), d(billed)).map(({ kind, tier, quantity, amount }) => [
    kind,
    tier,
    quantity.toString(),
    amount,
  ]);
}

describe('what usage costs beyond what is billed', () => {
  test.each<[string, PriceModel, string, string, ReturnType<typeof beyond>]>([
    ['a tier that goes on, without its flat fee', GRADUATED, '90', '60', [['usage', 1, '30', 300n]]],
    [
      'the rest of a tier, and the next with its flat fee',
      GRADUATED,
      '130',
      '60',
      [
        ['usage', 1, '40', 400n],
        ['usage', 2, '30', 150n],
        ['flat_fee', 2, '0', 200n],
      ],
    ],
    ['a later tier alone', GRADUATED, '150', '130', [['usage', 2, '20', 100n]]],
    // 130 × 5 + 200 = 850 in all, of which 60 × 10 + 500 = 1100 were billed.
    [
      'a cheaper volume tier gives back',
      VOLUME,
      '130',
      '60',
      [
        ['usage', 2, '70', 50n],
        ['flat_fee', 2, '0', -300n],
      ],
    ],
    ['packages begun are not begun again', PACKAGES, '250', '150', [['usage', null, '100', 4n]]],
    ['a package that is paid for costs nothing', PACKAGES, '190', '150', [['usage', null, '40', 0n]]],
    // 0.5 was billed as 1 cent, 1.0 in all is 1 cent as well.
    ['rounding is that of the whole', THIRDS, '2', '1', [['usage', null, '1', 0n]]],
    ['nothing more is a line of nothing', GRADUATED, '60', '60', [['usage', 1, '0', 0n]]],
    ['less than was billed gives nothing back', GRADUATED, '10', '60', [['usage', 1, '0', 0n]]],
  ])('%s', (_name, model, usage, billed, expected) => {
    expect(beyond(model, usage, billed)).toEqual(expected);
  });
});
