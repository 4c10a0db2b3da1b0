/** Currencies whose smallest unit is no hundredth. */
const ZERO_DECIMALS = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const THREE_DECIMALS = new Set('bhd jod kwd omr tnd'.split(' '));

function decimalsOf(currency: string): number {
  if (ZERO_DECIMALS.has(currency)) return 0;
  return THREE_DECIMALS.has(currency) ? 3 : 2;
}

/** An amount of smallest units as people write it: `$1,234.50`. */
export function formatMoney(amount: number, currency: string): string {
  const digits = decimalsOf(currency.toLowerCase());
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: currency.toUpperCase(),
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount / 10 ** digits);
}

/** A price of one unit, in smallest units with a fraction: `$0.0004`. Exact: the digits are moved, not divided. */
export function formatUnitAmount(decimal: string, currency: string): string {
  const digits = decimalsOf(currency.toLowerCase());
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const padded = whole.padStart(digits + 1, '0');
  const units = padded.slice(0, padded.length - digits);
  const rest = (padded.slice(padded.length - digits) + fraction).replace(/0+$/, '').padEnd(digits, '0');
  const symbol = symbolOf(currency);
  const grouped = units.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${decimal.startsWith('-') ? '-' : ''}${symbol}${grouped}${rest === '' ? '' : `.${rest}`}`;
}

export function symbolOf(currency: string): string {
  const parts = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.toUpperCase() }).formatToParts(
    0,
  );
  const symbol = parts.find(({ type }) => type === 'currency')?.value ?? currency.toUpperCase();
  return /[A-Za-z]$/.test(symbol) ? `${symbol}\u00A0` : symbol;
}

/** What somebody typed as money, in smallest units: `12.5` is 1250. Undefined where that is no amount. */
export function parseMoney(text: string, currency: string): string | undefined {
  const digits = decimalsOf(currency.toLowerCase());
  const [, whole, fraction = ''] = /^(\d{0,12})(?:\.(\d{0,12}))?$/.exec(text.replaceAll(',', '').trim()) ?? [];
  if (whole === undefined || (whole === '' && fraction === '')) return undefined;
  const moved = `${whole}${fraction.padEnd(digits, '0').slice(0, digits)}`.replace(/^0+(?=\d)/, '');
  const rest = fraction.slice(digits).replace(/0+$/, '');
  return rest === '' ? moved : `${moved}.${rest}`;
}

export function formatNumber(value: number | string): string {
  const [whole = '', fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

const DATE = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
const TIME = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });
const RELATIVE = new Intl.RelativeTimeFormat('en-US', { numeric: 'auto' });

/** A day of unix seconds, in UTC as all periods are: `Jan 5, 2026`. */
export function formatDate(seconds: number): string {
  return DATE.format(seconds * 1000);
}

/** A second of unix seconds: `Jan 5, 2026, 2:30:00 PM UTC`. */
export function formatTime(seconds: number): string {
  return `${TIME.format(seconds * 1000)} UTC`;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** How long ago or ahead, `5 minutes ago`; what is further than a week is a date. */
export function formatRelative(seconds: number, now: number): string {
  const distance = seconds - now;
  if (Math.abs(distance) > 7 * 86_400) return formatDate(seconds);
  for (const [unit, size] of STEPS) {
    if (Math.abs(distance) >= size) return RELATIVE.format(Math.trunc(distance / size), unit);
  }
  return distance > 30 ? 'in a moment' : 'just now';
}

/** `past_due` as `Past due`. */
export function titleOf(name: string): string {
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An amount of smallest units for the scale of a chart: `$0.40`, `$1.2K`. */
export function shortMoney(amount: number, currency: string): string {
  const units = amount / 10 ** decimalsOf(currency.toLowerCase());
  if (Math.abs(units) < 1_000 && !Number.isInteger(units)) return formatMoney(amount, currency);
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: currency.toUpperCase(),
    notation: 'compact',
    maximumSignificantDigits: 3,
  }).format(units);
}
