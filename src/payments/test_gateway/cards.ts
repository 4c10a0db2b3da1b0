import { createHash } from 'node:crypto';
import type { Refusal } from '../../stripe/errors.ts';
import type { CardDetails } from '../gateway.ts';

/**
 * The well-known test cards. Each has a name, under which `pm_card_NAME` and `tok_NAME` know it and by which it is
 * referred to once it is kept; its number is never stored.
 */
export type TestCard = Pick<CardDetails, 'brand' | 'funding' | 'country'> & {
  readonly name: string;
  readonly number: string;
  /** What the bank says to a charge that nothing else stops. */
  readonly charge: 'approve' | Decline;
  /** What it says when the card is to be attached or set up; `approve` where it says nothing. */
  readonly verify: 'approve' | Decline;
  /**
   * When the customer must authenticate: never; on every payment, the set-up included; or on payments until the card
   * has been set up with authentication.
   */
  readonly authentication: 'never' | 'always' | 'until_set_up';
  /** What becomes of refunds. */
  readonly refund: 'succeed' | 'pend' | 'fail';
};

type Decline =
  | 'generic_decline'
  | 'insufficient_funds'
  | 'lost_card'
  | 'stolen_card'
  | 'expired_card'
  | 'incorrect_cvc'
  | 'processing_error'
  | 'card_velocity_exceeded'
  | 'fraudulent';

/** The codes and texts of the reference: the decline code alone where a card is declined, else a code of its own. */
const DECLINES: Readonly<Record<Decline, Refusal>> = {
  generic_decline: declined('generic_decline', 'Your card was declined.'),
  insufficient_funds: declined('insufficient_funds', 'Your card has insufficient funds.'),
  lost_card: declined('lost_card', 'Your card was declined.'),
  stolen_card: declined('stolen_card', 'Your card was declined.'),
  fraudulent: declined('fraudulent', 'Your card was declined.'),
  card_velocity_exceeded: declined(
    'card_velocity_exceeded',
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  ),
  expired_card: {
    code: 'expired_card',
    declineCode: 'expired_card',
    message: 'Your card has expired.',
    param: 'exp_month',
  },
  incorrect_cvc: {
    code: 'incorrect_cvc',
    declineCode: 'incorrect_cvc',
    message: "Your card's security code is incorrect.",
    param: 'cvc',
  },
  processing_error: {
    code: 'processing_error',
    declineCode: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
};

/** What the bank says to a payment that needs a customer who is not there. */
export const AUTHENTICATION_REQUIRED: Refusal = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

function declined(declineCode: string, message: string): Refusal {
  return { code: 'card_declined', declineCode, message };
}

export function declineOf(decline: Decline): Refusal {
  return DECLINES[decline];
}

function card(name: string, number: string, terms: Partial<TestCard> = {}): TestCard {
  return {
    name,
    number,
    brand: 'visa',
    funding: 'credit',
    country: 'US',
    charge: 'approve',
    verify: 'approve',
    authentication: 'never',
    refund: 'succeed',
    ...terms,
  };
}

/** A card that is refused at once, also when it is only to be kept. */
function refused(name: string, number: string, decline: Decline): TestCard {
  return card(name, number, { charge: decline, verify: decline });
}

const CARDS: readonly TestCard[] = [
  card('visa', '4242424242424242'),
  card('visa_debit', '4000056655665556', { funding: 'debit' }),
  card('mastercard', '5555555555554444', { brand: 'mastercard' }),
  card('mastercard_debit', '5200828282828210', { brand: 'mastercard', funding: 'debit' }),
  card('mastercard_prepaid', '5105105105105100', { brand: 'mastercard', funding: 'prepaid' }),
  card('amex', '378282246310005', { brand: 'amex' }),
  card('discover', '6011111111111117', { brand: 'discover' }),
  card('diners', '3056930009020004', { brand: 'diners' }),
  card('jcb', '3566002020360505', { brand: 'jcb', country: 'JP' }),
  card('unionpay', '6200000000000005', { brand: 'unionpay', country: 'CN' }),
  card('gb', '4000008260000000', { country: 'GB' }),
  card('de', '4000002760000016', { country: 'DE' }),
  card('fr', '4000002500000003', { country: 'FR' }),
  card('jp', '4000003920000003', { country: 'JP' }),
  refused('chargeDeclined', '4000000000000002', 'generic_decline'),
  refused('chargeDeclinedInsufficientFunds', '4000000000009995', 'insufficient_funds'),
  refused('chargeDeclinedLostCard', '4000000000009987', 'lost_card'),
  refused('chargeDeclinedStolenCard', '4000000000009979', 'stolen_card'),
  refused('chargeDeclinedFraudulent', '4100000000000019', 'fraudulent'),
  refused('chargeDeclinedExpiredCard', '4000000000000069', 'expired_card'),
  refused('chargeDeclinedIncorrectCvc', '4000000000000127', 'incorrect_cvc'),
  refused('chargeDeclinedProcessingError', '4000000000000119', 'processing_error'),
  refused('chargeDeclinedVelocityLimitExceeded', '4000000000006975', 'card_velocity_exceeded'),
  // It can be attached, and is declined whenever it is charged.
  card('chargeCustomerFail', '4000000000000341', { charge: 'generic_decline' }),
  card('authenticationRequired', '4000002760003184', { authentication: 'always', country: 'DE' }),
  card('authenticationRequiredOnSetup', '4000002500003155', { authentication: 'until_set_up', country: 'FR' }),
  card('authenticationRequiredSetupForOffSession', '4000003800000446'),
  card('authenticationRequiredChargeDeclinedInsufficientFunds', '4000008260003178', {
    authentication: 'always',
    charge: 'insufficient_funds',
    country: 'GB',
  }),
  card('threeDSecure2Required', '4000000000003220', { authentication: 'always' }),
  card('threeDSecureRequired', '4000000000003063', { authentication: 'always' }),
  card('threeDSecureRequiredChargeDeclined', '4000008400001629', {
    authentication: 'always',
    charge: 'generic_decline',
  }),
  card('threeDSecureOptional', '4000000000003055'),
  card('pendingRefund', '4000000000007726', { refund: 'pend' }),
  card('refundFail', '4000000000005126', { refund: 'fail' }),
];

const BY_NAME = new Map(CARDS.map((each) => [each.name, each]));
const BY_NUMBER = new Map(CARDS.map((each) => [each.number, each]));

export function cardByName(name: string): TestCard | undefined {
  return BY_NAME.get(name);
}

/** Only the well-known numbers are cards: the gateway is no place for real ones. */
export function cardByNumber(number: string): TestCard | undefined {
  return BY_NUMBER.get(number);
}

/** What may be shown of a card. */
export function showCard(
  account: { readonly id: string },
  { brand, funding, country, number }: TestCard,
  given: Pick<CardDetails, 'expMonth' | 'expYear' | 'cvcCheck'>,
): CardDetails {
  return {
    brand,
    funding,
    country,
    expMonth: given.expMonth,
    expYear: given.expYear,
    cvcCheck: given.cvcCheck,
    last4: number.slice(-4),
    fingerprint: fingerprint(account, number),
    supportsThreeDSecure: brand !== 'amex' && brand !== 'unionpay',
  };
}

/** Equal for equal numbers of an account, and tells neither. */
export function fingerprint(account: { readonly id: string }, number: string): string {
  return createHash('sha256')
    .update(`${account.id} ${number}`)
    .digest('base64url')
    .replaceAll(/[-_]/g, '0')
    .slice(0, 16);
}

/** The checksum of card numbers (ISO/IEC 7812-1): doubled digits from the right add up to a multiple of 10. */
export function passesLuhn(number: string): boolean {
  const digits = number.split('').toReversed().map(Number);
  const sum = digits.reduce((total, digit, place) => {
    const value = place % 2 === 0 ? digit : digit * 2;
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
