import type { Refusal } from '../../stripe/errors.ts';

/**
 * The well-known test accounts at US banks. All are debited later, and then succeed or fail. `pm_usBankAccount_NAME`
 * stands for one; its number is never stored.
 */
export type TestBankAccount = {
  readonly name: string;
  readonly number: string;
  /** What becomes of a debit: `never` stays in processing. */
  readonly debit: 'succeed' | 'never' | Refusal;
};

/** The one routing number of tests; its bank has the name that recorded answers show. */
export const TEST_ROUTING_NUMBER = '110000000';
export const TEST_BANK_NAME = 'STRIPE TEST BANK';

function failing(code: string, message: string): Refusal {
  return { code, message };
}

const ACCOUNTS: readonly TestBankAccount[] = [
  { name: 'success', number: '000123456789', debit: 'succeed' },
  {
    name: 'accountClosed',
    number: '000111111113',
    debit: failing('account_closed', "The customer's bank account has been closed."),
  },
  {
    name: 'noAccount',
    number: '000111111116',
    debit: failing('no_account', "The customer's bank account could not be located."),
  },
  {
    name: 'insufficientFunds',
    number: '000222222227',
    debit: failing('insufficient_funds', "The customer's account has insufficient funds to cover this payment."),
  },
  {
    name: 'debitNotAuthorized',
    number: '000333333335',
    debit: failing('debit_not_authorized', 'The customer has notified their bank that this payment was unauthorized.'),
  },
  { name: 'processing', number: '000000000009', debit: 'never' },
];

const BY_NAME = new Map(ACCOUNTS.map((account) => [account.name, account]));
const BY_NUMBER = new Map(ACCOUNTS.map((account) => [account.number, account]));

export function bankAccountByName(name: string): TestBankAccount | undefined {
  return BY_NAME.get(name);
}

export function bankAccountByNumber(number: string): TestBankAccount | undefined {
  return BY_NUMBER.get(number);
}

/** The checksum of routing numbers: digits weighed 3, 7, 1 add up to a multiple of 10. */
export function isRoutingNumber(text: string): boolean {
  const sum = text.split('').reduce((total, digit, place) => total + Number(digit) * ([3, 7, 1][place % 3] ?? 0), 0);
  return /^\d{9}$/.test(text) && sum % 10 === 0;
}
