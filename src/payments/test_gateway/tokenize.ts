import type { Account } from '../../stripe/context.ts';
import { cardError, invalidRequest, type StripeError } from '../../stripe/errors.ts';
import type { BankAccountDetails, GatewayMethod, GivenDetails } from '../gateway.ts';
import {
  bankAccountByName,
  bankAccountByNumber,
  isRoutingNumber,
  TEST_BANK_NAME,
  TEST_ROUTING_NUMBER,
  type TestBankAccount,
} from './bank_accounts.ts';
import { cardByName, cardByNumber, fingerprint, passesLuhn, showCard } from './cards.ts';

/** A reference is the name of a card, or a bank account's after this. */
export const BANK_PREFIX = 'us_bank_account:';

/** After the name of a card that was set up with authentication. */
export const SET_UP_SUFFIX = ':set_up';

/** `pm_card_visa` and the rest expire with the year after next, as recorded ones do; any later year would do. */
const WELL_KNOWN_EXPIRY = { expMonth: 12, expYear: 2034 };

/** The method of `pm_card_NAME`, `pm_usBankAccount` and `pm_usBankAccount_NAME`. */
export function wellKnown(account: Account, id: string): GatewayMethod | undefined {
  if (id.startsWith('pm_card_')) return knownCard(account, id.slice('pm_card_'.length));
  const bank = /^pm_usBankAccount(?:_(\w+))?$/.exec(id);
  const found = bank === null ? undefined : bankAccountByName(bank[1] ?? 'success');
  return found && showBankAccount(account, found, { accountHolderType: 'individual', accountType: 'checking' });
}

function knownCard(account: Account, name: string): GatewayMethod | undefined {
  const card = cardByName(name);
  if (card === undefined) return undefined;
  return {
    type: 'card',
    reference: name,
    card: showCard(account, card, { ...WELL_KNOWN_EXPIRY, cvcCheck: null }),
  };
}

/** Throws card_error for what no card or account can be, and an invalid-request error for numbers that are no test's. */
export function tokenize(account: Account, given: GivenDetails, now: Temporal.Instant): GatewayMethod {
  if (given.type === 'card') return tokenizeCard(account, given, now);
  if (given.type === 'us_bank_account') return tokenizeBankAccount(account, given);
  const found = given.token.startsWith('tok_') ? knownCard(account, given.token.slice('tok_'.length)) : undefined;
  if (found !== undefined) return found;
  throw invalidRequest(`No such token: '${given.token}'`, 'card[token]', 'resource_missing');
}

function tokenizeCard(account: Account, given: GivenDetails & { type: 'card' }, now: Temporal.Instant): GatewayMethod {
  const number = given.number.replaceAll(/[\s-]/g, '');
  if (!/^\d{12,19}$/.test(number) || !passesLuhn(number))
    throw wrong('incorrect_number', 'card number is incorrect', 'number');
  if (given.expMonth < 1 || given.expMonth > 12) {
    throw wrong('invalid_expiry_month', "card's expiration month is invalid", 'exp_month');
  }
  const today = now.toZonedDateTimeISO('UTC');
  const expYear = given.expYear < 100 ? 2000 + given.expYear : given.expYear;
  if (expYear < today.year || expYear > today.year + 50) {
    throw wrong('invalid_expiry_year', "card's expiration year is invalid", 'exp_year');
  }
  if (expYear === today.year && given.expMonth < today.month) {
    throw wrong('invalid_expiry_month', "card's expiration month is invalid", 'exp_month');
  }
  if (given.cvc !== null && !/^\d{3,4}$/.test(given.cvc)) {
    throw wrong('invalid_cvc', "card's security code is invalid", 'cvc');
  }
  const card = cardByNumber(number);
  if (card === undefined) {
    throw cardError({
      code: 'card_declined',
      declineCode: 'test_mode_live_card',
      message:
        'Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.',
    });
  }
  const cvcCheck = given.cvc === null ? null : card.charge === 'incorrect_cvc' ? 'fail' : 'pass';
  return {
    type: 'card',
    reference: card.name,
    card: showCard(account, card, { expMonth: given.expMonth, expYear, cvcCheck }),
  };
}

function wrong(code: string, what: string, param: string): StripeError {
  return cardError({ code, message: `Your ${what}.`, param });
}

function tokenizeBankAccount(account: Account, given: GivenDetails & { type: 'us_bank_account' }): GatewayMethod {
  if (!isRoutingNumber(given.routingNumber)) {
    throw invalidRequest('Invalid routing number.', 'us_bank_account[routing_number]', 'routing_number_invalid');
  }
  const found = bankAccountByNumber(given.accountNumber);
  if (found !== undefined && given.routingNumber === TEST_ROUTING_NUMBER) return showBankAccount(account, found, given);
  throw invalidRequest(
    `The account is no test account. Use the routing number ${TEST_ROUTING_NUMBER} and an account such as 000123456789.`,
    'us_bank_account[account_number]',
    'account_number_invalid',
  );
}

function showBankAccount(
  account: Account,
  { name, number }: TestBankAccount,
  { accountHolderType, accountType }: Pick<BankAccountDetails, 'accountHolderType' | 'accountType'>,
): GatewayMethod {
  return {
    type: 'us_bank_account',
    reference: `${BANK_PREFIX}${name}`,
    bankAccount: {
      accountHolderType,
      accountType,
      bankName: TEST_BANK_NAME,
      fingerprint: fingerprint(account, number),
      last4: number.slice(-4),
      routingNumber: TEST_ROUTING_NUMBER,
    },
  };
}
