import { LATE_STATUSES } from '../billing/late_usage/late_usage.params.ts';
import type { LateStatus, LateUsage } from '../billing/late_usage/late_usage.ts';
import { viewLateUsage } from '../billing/late_usage/late_usage.view.ts';
import { walkLateUsage } from '../billing/late_usage/list.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import { formatUnitAmount } from '../money/format.ts';
import { toJson } from '../stripe/json.ts';
import { type AccountChoice, chooseAccount } from './account.ts';
import { withDatabase } from './database.ts';

/** What `usance late` takes. */
export type LateCommandOptions = AccountChoice & {
  customer?: string;
  subscription?: string;
  meter?: string;
  status?: string;
  json?: boolean;
};

/** What of a status came of how much money, by currency. */
type Sums = Map<string, { periods: number; amounts: Map<string, bigint> }>;

/**
 * `usance late`: prints usage that came after the invoice of its period was final, newest invoice first, with what became of
 * it, and at the end how much that is. With `--json` an object a line, as the API tells it.
 */
export async function lateCommand(options: LateCommandOptions): Promise<void> {
  const status = readStatus(options.status);
  await withDatabase(async (database) => {
    const account = await chooseAccount(database, options);
    const { customer: customerId, subscription: subscriptionId, meter: meterId } = options;
    const walk = {
      filter: { customerId, subscriptionId, meterId, status },
      from: undefined,
      newer: false,
      most: Number.POSITIVE_INFINITY,
    };
    const sums: Sums = new Map();
    for await (const late of walkLateUsage({ db: database.kysely, account }, walk)) {
      addTo(sums, late);
      console.log(options.json === true ? toJson(viewLateUsage({ account }, late)) : inWords(late));
    }
    if (options.json !== true) console.log(sums.size === 0 ? 'No usage came late.' : sumsInWords(sums));
  });
}

/** Late usage of one item and period, as people read it. */
export function inWords({ billed, meter, usage, billedQuantity, open, status }: LateUsage): string {
  const { customerId, subscriptionId, subscriptionItemId, period, currency } = billed;
  const used = usage === null ? 'unknown' : formatDecimal(usage);
  const rest = `${formatDecimal(open.quantity)}, worth ${money(open.amount, currency)}`;
  return [
    `${status}: ${meter.id} from ${period.start.toString()} to ${period.end.toString()}`,
    `    customer ${customerId}, subscription ${subscriptionId}, item ${subscriptionItemId}`,
    `    first billed by ${billed.invoiceId}`,
    `    used in all: ${used}; billed in all: ${formatDecimal(billedQuantity)}${usage === null ? '' : `; not billed: ${rest}`}`,
    ...billed.bills.map(
      ({ invoiceId, status: state, quantity, amount }) =>
        `    billed late by ${invoiceId} (${state}): ${formatDecimal(quantity)} for ${money(amount, currency)}`,
    ),
  ].join('\n');
}

/** `$0.80 USD`: several currencies have the same sign. */
function money(amount: bigint, currency: string): string {
  return `${formatUnitAmount(decimal(amount), currency)} ${currency.toUpperCase()}`;
}

function addTo(sums: Sums, { status, open, billed: { currency } }: LateUsage): void {
  const sum = sums.get(status) ?? { periods: 0, amounts: new Map<string, bigint>() };
  sum.periods++;
  sum.amounts.set(currency, (sum.amounts.get(currency) ?? 0n) + open.amount);
  sums.set(status, sum);
}

function sumsInWords(all: Sums): string {
  const lines = [...all].map(([status, { periods, amounts }]) => {
    const sums = [...amounts].map(([currency, amount]) => money(amount, currency)).join(', ');
    return `  ${status}: ${periods.toLocaleString('en-US')} ${periods === 1 ? 'period' : 'periods'}, not billed: ${sums}`;
  });
  return ['', 'In all:', ...lines].join('\n');
}

function readStatus(text: string | undefined): LateStatus | undefined {
  const status = LATE_STATUSES.find((each) => each === text);
  if (text !== undefined && status === undefined) {
    throw new Error(`--status must be one of ${LATE_STATUSES.join(', ')}, not '${text}'.`);
  }
  return status;
}
