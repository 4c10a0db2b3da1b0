import type { NaivePrice } from '../support/naive-rating.ts';
import type { NaiveDiscount, NaiveRate } from '../support/naive-totals.ts';
import type { NaiveEvent, NaiveMeter } from '../support/naive-usage.ts';
import type { Every, Span } from './calendar.ts';

/*
 * What a simulated account holds, as the auditor keeps it. Everything has a short name of the simulation's own (`cus1`,
 * `sub2`), money is in minor units, time in unix seconds of the one test clock.
 */

export type Meter = NaiveMeter & { readonly name: string };

export type Price = {
  readonly name: string;
  readonly product: string;
  /** Null: licensed. */
  readonly meter: string | null;
  readonly every: Every;
  readonly model: NaivePrice;
};

export type Rate = NaiveRate;

export type Coupon = {
  readonly name: string;
  readonly off: NaiveDiscount['off'];
  readonly duration: 'once' | 'forever' | number;
};

export type Usage = NaiveEvent & { readonly customer: string; readonly meter: string };

/** What a card does when it is charged; null: there is none. */
export type Card = 'pays' | 'declines' | null;

export type Customer = {
  readonly name: string;
  /** Negative: credit. */
  balance: bigint;
  card: Card;
  /** Of the next invoice that is finalized. */
  nextNumber: number;
};

/** Something that counts unless the invoice that it is on is void. */
type Voidable = { isVoid: boolean };

/** What was asked for in advance for an item, and what of its time has been given back. */
export type Debit = Voidable & {
  readonly amount: bigint;
  readonly price: Price;
  readonly quantity: number;
  readonly period: Span;
  readonly credits: (Voidable & { readonly part: Span })[];
  /** Null: those of the invoice that it is to be on. */
  readonly rates: readonly Rate[] | null;
  /** Which charges it. */
  invoice: Invoice | null;
};

export type Item = {
  readonly name: string;
  price: Price;
  quantity: number | null;
  period: Span;
  /** From when on usage counts; null: for the whole period. */
  usedFrom: number | null;
  /** So much was used when it is to be invoiced before its period ends. */
  usageLimit: number | null;
  /** What is billed of the usage of its period. */
  billed: string;
  readonly debits: Debit[];
};

/** A coupon on a subscription; `end` is null for those that go on, or wait for their one invoice. */
export type Discount = { readonly coupon: Coupon; readonly end: number | null };

/** When a subscription was billed before somebody wanted to resume it. */
export type BeforeResume = Pick<Subscription, 'anchor' | 'freeUntil' | 'endsAt'> & {
  readonly items: ReadonlyMap<string, Pick<Item, 'period' | 'usedFrom' | 'billed'>>;
};

export type Subscription = {
  readonly name: string;
  readonly customer: string;
  readonly mode: 'classic' | 'flexible';
  anchor: number;
  /** The day of the month that was asked for as its anchor. */
  readonly anchorDay: number | null;
  readonly createdAt: number;
  /** Before it was made where it is backdated. */
  readonly startedAt: number;
  /** Until then what is licensed is free; null: nothing is. */
  freeUntil: number | null;
  readonly sent: boolean;
  rates: readonly Rate[];
  discounts: Discount[];
  status: 'incomplete' | 'incomplete_expired' | 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled';
  /** Null: it begins without one. */
  readonly trialEnd: number | null;
  /** When it is to end. */
  endsAt: number | null;
  /** It was asked to end with its period, whenever that is. */
  endsWithPeriod: boolean;
  /** What becomes of its invoices while nobody is to pay them, and until when. */
  hold: { readonly behavior: 'keep_as_draft' | 'void' | 'mark_uncollectible'; readonly until: number | null } | null;
  /** What it owes when it is to be invoiced before its period ends, which then begins anew or goes on. */
  threshold: { readonly amount: bigint; readonly resets: boolean } | null;
  /** When its usage is looked at for that. */
  checkAt: number | null;
  /** When it was paused last: the usage of that second is billed by the pause. */
  pausedAt: number | null;
  /** The invoice with which it is resumed, until when that may end the pause, whether only its payment does, and what was before. */
  resumption: {
    readonly invoice: Invoice;
    readonly until: number;
    readonly needsSuccess: boolean;
    readonly before: BeforeResume;
  } | null;
  endedAt: number | null;
  items: Item[];
};

/** Something charged once, which waits for an invoice. */
export type Pending = {
  readonly name: string;
  readonly customer: string;
  readonly subscription: string | null;
  readonly amount: bigint;
  readonly discountable: boolean;
  readonly at: number;
  readonly quantity: string;
  readonly period: Span;
  /** Of the unused or the remaining time of an item. */
  readonly proration: boolean;
  /** What it asks for in advance, or gives back. */
  readonly counts: Voidable | null;
  /** Null: those of the invoice that it is to be on. */
  readonly rates: readonly Rate[] | null;
  /** The usage that it bills, of a price that was left. */
  readonly rest: Rest | null;
};

/** Usage of a part of a period that a change has closed. */
export type Rest = Pick<Item, 'price' | 'billed'> & {
  readonly item: string;
  readonly period: Span;
  readonly used: string;
};

/** What a line charges; its amounts are computed when they are asked for, as long as the invoice is a draft. */
export type Charge =
  | {
      readonly kind: 'usage';
      readonly item: string;
      readonly price: Price;
      readonly period: Span;
      /** Of a trial: one line that costs nothing. */
      readonly free: boolean;
      /** What was billed of it before. */
      readonly billed: string;
      /** What was used when it was looked at; null: what is used when the invoice is final. */
      readonly used: string | null;
    }
  | {
      readonly kind: 'late';
      readonly item: string;
      readonly price: Price;
      readonly period: Span;
      readonly of: Charge | Rest;
      /** What was billed of the period before. */
      readonly billed: string;
    }
  | {
      readonly kind: 'units';
      readonly item: string;
      readonly price: Price;
      readonly period: Span;
      readonly quantity: string;
      /** Of a part of a period: the whole one, of whose price it costs a share. */
      readonly whole: Span;
      readonly counts: Voidable | null;
      /** Announces a metered item: the first line alone, without a flat fee. */
      readonly announces: boolean;
      readonly free: boolean;
    }
  | ({ readonly kind: 'once' } & Pick<
      Pending,
      'name' | 'amount' | 'discountable' | 'quantity' | 'period' | 'counts' | 'rates' | 'rest'
    >);

export type Line = {
  readonly of: string;
  readonly amount: bigint;
  readonly quantity: string;
  readonly period: Span;
  readonly off: bigint;
  readonly tax: bigint;
  readonly rates: readonly Rate[];
  /** What it asks for in advance, or gives back. */
  readonly counts: Voidable | null;
};

export type Totals = {
  readonly lines: readonly Line[];
  readonly subtotal: bigint;
  readonly discount: bigint;
  readonly tax: bigint;
  readonly total: bigint;
};

export type Invoice = {
  readonly name: string;
  readonly customer: string;
  readonly subscription: string | null;
  readonly reason: string;
  readonly createdAt: number;
  readonly period: Span;
  readonly sent: boolean;
  readonly charges: readonly Charge[];
  readonly discounts: readonly Coupon[];
  readonly rates: readonly Rate[];
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  autoAdvance: boolean;
  /** Null where it does not go on by itself. */
  finalizesAt: number | null;
  /** Frozen by finalization. */
  totals: Totals | null;
  /** What it billed of each of its charges of usage, once it is final. */
  readonly used: Map<Charge, string>;
  number: number | null;
  starting: bigint;
  ending: bigint | null;
  due: bigint;
  paid: bigint;
  attempts: number;
  attempted: boolean;
  /** When it is charged by itself for the first time. */
  collectsAt: number | null;
  /** When a payment is tried again by itself. */
  retryAt: number | null;
  /** Of one that is sent, as long as its date has not passed. */
  overdueAt: number | null;
  finalizedAt: number | null;
  paidAt: number | null;
  voidedAt: number | null;
  /** Given up because nobody was to pay it, which says nothing of its subscription. */
  isHeld: boolean;
};

export type World = {
  readonly currency: string;
  now: number;
  draftHours: number;
  /** Whether usage that comes after the invoice of its period is billed by the next one. */
  readonly billsLate: boolean;
  /** Days from each attempt to be paid that is made by itself to the next. */
  readonly retryDays: readonly number[];
  readonly meters: Meter[];
  readonly prices: Price[];
  readonly rates: Rate[];
  readonly coupons: Coupon[];
  readonly customers: Customer[];
  readonly subscriptions: Subscription[];
  readonly pending: Pending[];
  /** In the order of their creation. */
  readonly invoices: Invoice[];
  /** In the order of their receipt. */
  readonly usage: Usage[];
  readonly cancelled: Set<string>;
  /** What was done with invoices, in its order: `cus1: 2240000000 inv3 finalized`. */
  readonly done: string[];
  /** How many things have a name. */
  named: number;
};

/** Whether time goes on to be billed. */
export function isLive({ status }: Pick<Subscription, 'status'>): boolean {
  return status !== 'canceled' && status !== 'incomplete_expired';
}

/** Whether time that passes is charged. */
export function isBilling({ status }: Pick<Subscription, 'status'>): boolean {
  return status === 'active' || status === 'past_due';
}

/** Notes what was done with an invoice. */
export function note(world: World, { customer, name }: Pick<Invoice, 'customer' | 'name'>, what: string): void {
  world.done.push(`${customer}: ${world.now} ${name} ${what}`);
}

/** The next name of a kind; names of one kind ascend. */
export function nameOf(world: World, kind: string): string {
  world.named += 1;
  return `${kind}${world.named}`;
}

/** The one of that name, which must exist. */
export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Nothing is called ${name}`);
  return found;
}
