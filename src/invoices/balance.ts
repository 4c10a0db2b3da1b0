import type { BalanceTransactionType } from '../customers/balance_transaction.ts';
import type { Customer } from '../customers/customer.ts';
import { chargeStep, maximumAmount, minimumCharge } from '../payments/amount.ts';

/** A total that meets a customer's balance, in minor units of one currency. */
export type BalanceTerms = { readonly total: bigint; readonly startingBalance: bigint; readonly currency: string };

/** What of a total is due, what it leaves of the balance, and the changes that bring the balance there. */
export type BalanceOutcome = {
  readonly amountDue: bigint;
  readonly endingBalance: bigint;
  readonly changes: readonly { readonly type: BalanceTransactionType; readonly amount: bigint }[];
};

/**
 * Joins a total and a balance; pure. Credit is used as far as it goes, what is owed is added, and a total below zero
 * becomes credit. What can't be charged stays on the balance as owed: all that is below the minimum charge, what is
 * beyond the maximum, and what is no multiple of the charge's step. Always total + starting = due + ending.
 */
export function meetBalance({ total, startingBalance, currency }: BalanceTerms): BalanceOutcome {
  const sum = total + startingBalance;
  const credit = sum < 0n ? sum : 0n;
  const wanted = sum < 0n ? 0n : sum;
  const { amountDue, type } = chargeable(wanted, currency);
  const carried = wanted - amountDue;
  const endingBalance = credit + carried;
  const changes = [
    { type: 'applied_to_invoice' as const, amount: credit - startingBalance },
    { type, amount: carried },
  ];
  const isUnchanged = endingBalance === startingBalance;
  return { amountDue, endingBalance, changes: isUnchanged ? [] : changes.filter(({ amount }) => amount !== 0n) };
}

/** What of a draft's total would be due with the balance as it is; the limits of a charge come with finalization. */
export function expectedDue({ total, startingBalance }: Pick<BalanceTerms, 'total' | 'startingBalance'>): bigint {
  const sum = total + startingBalance;
  return sum > 0n ? sum : 0n;
}

/** How much of an amount can be charged, and how the balance names what can't. */
function chargeable(wanted: bigint, currency: string): { amountDue: bigint; type: BalanceTransactionType } {
  const [maximum, step] = [maximumAmount(currency), chargeStep(currency)];
  if (wanted < minimumCharge(currency)) return { amountDue: 0n, type: 'invoice_too_small' };
  if (wanted > maximum) return { amountDue: maximum - (maximum % step), type: 'invoice_too_large' };
  const amountDue = wanted - (wanted % step);
  return { amountDue, type: amountDue === 0n ? 'invoice_too_small' : 'adjustment' };
}

/** The balance of a customer as an invoice in a currency meets it. */
export function balanceIn(customer: Pick<Customer, 'balance' | 'currency'>, currency: string): bigint {
  return customer.currency === currency ? customer.balance : 0n;
}
