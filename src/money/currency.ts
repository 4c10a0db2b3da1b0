/**
 * The currencies that a price or an invoice may have, by the number of digits of the minor unit in which the API
 * counts them. These are Stripe's presentment currencies with Stripe's digits, which differ from ISO 4217 for some:
 * MGA has none, while ISK and UGX keep two for backward compatibility although only multiples of 100 are payable.
 */
const CODES_BY_DIGITS: ReadonlyArray<readonly [digits: number, codes: string]> = [
  [0, 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'],
  [3, 'bhd jod kwd omr tnd'],
  [
    2,
    `aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc
     cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr
     kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk
     php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd
     uyu uzs wst xcd xcg yer zar zmw`,
  ],
];

const DIGITS_BY_CODE: ReadonlyMap<string, number> = new Map(
  CODES_BY_DIGITS.flatMap(([digits, codes]) => codes.split(/\s+/).map((code) => [code, digits] as const)),
);

/** Every supported currency, as lower-case ISO codes in alphabetical order. */
export const CURRENCIES: readonly string[] = [...DIGITS_BY_CODE.keys()].sort();

/** True for a supported currency in lower case, the only form that is stored; the wire lowers what it receives. */
export function isCurrency(code: string): boolean {
  return DIGITS_BY_CODE.has(code);
}

/** Digits between the unit that people name and the one that amounts count: usd 2, jpy 0, kwd 3. Throws RangeError. */
export function minorUnitDigits(code: string): number {
  const digits = DIGITS_BY_CODE.get(code);
  if (digits === undefined) throw new RangeError(`not a supported currency: ${JSON.stringify(code)}`);
  return digits;
}
