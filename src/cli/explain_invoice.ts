import { explainInvoice } from '../audit/explain.ts';
import { wallTime } from '../main.ts';
import { toJson } from '../stripe/json.ts';
import { type AccountChoice, chooseAccount } from './account.ts';
import { withDatabase } from './database.ts';

/** What `usance explain` takes. */
export type ExplainCommandOptions = AccountChoice & { json?: boolean };

/** The explanation as JSON gives it back: numbers as they are printed. */
type Explanation = {
  readonly invoice: string;
  readonly currency: string;
  readonly charges: readonly Charge[];
  readonly subtotal_steps: string;
  readonly discounts: readonly Discount[];
  readonly taxes: readonly Tax[];
  readonly total_steps: readonly string[];
  readonly total: number;
  readonly credit_notes: readonly CreditNote[];
  readonly amount_due: number;
};

type CreditNote = {
  readonly number: string;
  readonly status: string;
  readonly total: number;
  readonly pre_payment_amount: number;
};

type Charge = {
  readonly price: { readonly id: string } | null;
  readonly lines: readonly { description: string | null; amount: number; steps: readonly string[] }[];
  readonly usage: Usage | null;
};

type Discount = {
  readonly discount: string;
  readonly percent_off: string | null;
  readonly amount_off: number | null;
  readonly amount: number;
  readonly lines: readonly { line: string; steps: readonly string[] }[];
  readonly steps: readonly string[];
};

type Tax = {
  readonly tax_rate: string;
  readonly percentage: string;
  readonly tax_behavior: string;
  readonly amount: number;
  readonly lines: readonly { line: string; steps: readonly string[] }[];
  readonly steps: readonly string[];
};

type Usage = {
  readonly meter: string;
  readonly formula: string;
  readonly quantity: string;
  readonly quantity_not_billed: string;
  readonly by_day: readonly {
    day: string;
    dimensions: Readonly<Record<string, string>>;
    event_count: number;
    quantity: string;
  }[];
  readonly events: { method: string; path: string; parameters: Readonly<Record<string, string | number>> };
};

/** `usance explain`: prints how an invoice came about. Throws where there is no such invoice. */
export async function explainCommand(invoice: string, options: ExplainCommandOptions): Promise<void> {
  await withDatabase(async (database) => {
    const account = await chooseAccount(database, options);
    const json = toJson(await explainInvoice({ db: database.kysely, account, now: wallTime() }, invoice));
    console.log(options.json === true ? json : inWords(JSON.parse(json) as Explanation));
  });
}

function inWords(explanation: Explanation): string {
  const { invoice, currency, charges, discounts, taxes, subtotal_steps: sum, total, amount_due: due } = explanation;
  const isSum = discounts.length + taxes.length === 0;
  return [
    `${invoice}, in minor units of ${currency}`,
    ...charges.flatMap(chargeInWords),
    '',
    `Sum of the lines: ${sum}`,
    ...discounts.flatMap(discountInWords),
    ...taxes.flatMap(taxInWords),
    ...(isSum ? [] : explanation.total_steps.map((step) => `    ${step}`)),
    ...explanation.credit_notes.map(noteInWords),
    `Total ${total}, amount due ${due}`,
  ].join('\n');
}

function noteInWords({ number, status, total, pre_payment_amount: due }: CreditNote): string {
  return `Credit note ${number}, ${status}: ${total}, of which ${due} was still due`;
}

function chargeInWords({ price, lines, usage }: Charge): string[] {
  const shown = lines.flatMap(({ description, amount, steps }) => [
    '',
    `${description ?? '(no description)'}: ${amount}`,
    ...steps.map((step) => `    ${step}`),
  ]);
  const priced = price === null ? [] : [`    price ${price.id}`];
  return [...shown, ...priced, ...(usage === null ? [] : usageInWords(usage))];
}

function discountInWords({ discount: id, percent_off: percent, amount_off: most, amount, lines, steps }: Discount) {
  return [
    `Discount of ${percent === null ? (most ?? 0) : `${percent} %`}, ${id}: ${amount}`,
    ...lines.map((line) => `    ${line.line}: ${line.steps.join(', ')}`),
    ...steps.map((step) => `    ${step}`),
  ];
}

function taxInWords({ tax_rate: id, percentage, tax_behavior: behavior, amount, lines, steps }: Tax): string[] {
  return [
    `Tax of ${percentage} %, ${behavior}, by ${id}: ${amount}`,
    ...lines.map((line) => `    ${line.line}: ${line.steps.join(', ')}`),
    ...steps.map((step) => `    ${step}`),
  ];
}

function usageInWords(usage: Usage): string[] {
  const { path, parameters } = usage.events;
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [
    `    usage by ${usage.formula} of ${usage.meter}: ${usage.quantity}`,
    ...usage.by_day.map(
      ({ day, dimensions, event_count: count, quantity }) =>
        `        ${[day, ...dimensionsInWords(dimensions)].join(' ')}: ${quantity} of ${count} ${count === 1 ? 'event' : 'events'}`,
    ),
    ...(usage.quantity_not_billed === '0' ? [] : [`    not on this invoice: ${usage.quantity_not_billed}`]),
    `    events: ${usage.events.method} ${path}?${query.join('&')}`,
  ];
}

function dimensionsInWords(dimensions: Readonly<Record<string, string>>): string[] {
  return Object.entries(dimensions).map(([name, value]) => `${name}=${value}`);
}
