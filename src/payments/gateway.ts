import type { Account } from '../stripe/context.ts';
import type { Refusal } from '../stripe/errors.ts';

/**
 * Who moves the money. Everything that the rest of the program wants of it is here, so that another gateway is another
 * value of this type. Its calls go outside: none is made inside a transaction, and each can be repeated with its
 * idempotency key without being carried out twice.
 */
export type Gateway = {
  /** Throws `testmode_charges_only` and the like where the gateway does nothing for an account. */
  checkAccount(account: Account): void;
  /** The method that a well-known test id such as `pm_card_visa` stands for. */
  wellKnown(account: Account, id: string): GatewayMethod | undefined;
  /** What a page lets somebody pay with who has saved nothing: well-known ids, and what becomes of a payment with each. */
  offered(account: Account): readonly OfferedMethod[];
  /**
   * Makes a method of numbers. It does not go outside: a gateway whose customers give their numbers to it alone refuses
   * them here. Throws card_error for numbers that can't be right.
   */
  tokenize(account: Account, details: GivenDetails, now: Temporal.Instant): GatewayMethod;
  /** Whether a method can be kept for later payments. Moves no money. */
  verify(account: Account, question: VerifyQuestion): Promise<Verification>;
  /** Takes money. Asked again with the same key it answers what became of the first call. */
  charge(account: Account, order: ChargeOrder): Promise<ChargeOutcome>;
  /** What has become of a charge that was processing; undefined where the key was never heard of. */
  retrieveCharge(account: Account, idempotencyKey: string, now: Temporal.Instant): Promise<ChargeOutcome | undefined>;
  /** Gives money back. Asked again with the same key it answers what became of the first call. */
  refund(account: Account, order: RefundOrder): Promise<RefundOutcome>;
  /** What has become of a refund that was pending; undefined where the key was never heard of. */
  retrieveRefund(account: Account, idempotencyKey: string, now: Temporal.Instant): Promise<RefundOutcome | undefined>;
};

/** A method that anybody may pay with, as people read it. */
export type OfferedMethod = { readonly id: string; readonly details: MethodDetails; readonly outcome: string };

/** What a customer pays with, as the gateway tells it: how it is called there, and what may be shown. */
export type GatewayMethod = { readonly reference: string } & MethodDetails;

export type MethodDetails =
  | { readonly type: 'card'; readonly card: CardDetails }
  | { readonly type: 'us_bank_account'; readonly bankAccount: BankAccountDetails };

export type CardDetails = {
  readonly brand: 'amex' | 'diners' | 'discover' | 'jcb' | 'mastercard' | 'unionpay' | 'visa';
  readonly funding: 'credit' | 'debit' | 'prepaid';
  readonly country: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly last4: string;
  readonly fingerprint: string;
  readonly supportsThreeDSecure: boolean;
  /** Null: none was given. */
  readonly cvcCheck: 'pass' | 'fail' | null;
};

export type BankAccountDetails = {
  readonly accountHolderType: 'company' | 'individual';
  readonly accountType: 'checking' | 'savings';
  readonly bankName: string;
  readonly fingerprint: string;
  readonly last4: string;
  readonly routingNumber: string;
};

export type GivenDetails =
  | {
      readonly type: 'card';
      readonly number: string;
      readonly expMonth: number;
      readonly expYear: number;
      readonly cvc: string | null;
    }
  | { readonly type: 'card_token'; readonly token: string }
  | {
      readonly type: 'us_bank_account';
      readonly accountNumber: string;
      readonly routingNumber: string;
      readonly accountHolderType: 'company' | 'individual';
      readonly accountType: 'checking' | 'savings';
    };

export type VerifyQuestion = {
  readonly reference: string;
  /** `attach` never asks the customer; `setup` may, unless `authenticated` says that it has. */
  readonly for: 'attach' | 'setup';
  readonly authenticated: boolean;
};

/** `reference` is how the method is called from then on: banks ask less of one that was set up. */
export type Verification =
  | { readonly result: 'verified'; readonly reference: string }
  | { readonly result: 'requires_action' }
  | { readonly result: 'declined'; readonly refusal: Refusal };

export type ChargeOrder = {
  readonly idempotencyKey: string;
  /** What is paid, as `pi_…`: it stands in the gateway's own books. */
  readonly subject: string;
  readonly reference: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  /** The customer is not there to authenticate. */
  readonly offSession: boolean;
  readonly authenticated: boolean;
  /** The customer agrees to later payments with the method. */
  readonly keep: boolean;
  readonly now: Temporal.Instant;
};

export type ChargeOutcome =
  /** `reference`: how the method is called from then on, where the payment has changed that. */
  | { readonly result: 'succeeded'; readonly reference?: string }
  /** Decided later: ask again then. */
  | { readonly result: 'processing'; readonly askAgainAt: Temporal.Instant }
  /** The customer must authenticate first; nothing was taken. */
  | { readonly result: 'requires_action' }
  | { readonly result: 'declined'; readonly refusal: Refusal };

export type RefundOrder = {
  readonly idempotencyKey: string;
  /** The idempotency key of the charge. */
  readonly chargeKey: string;
  readonly amount: bigint;
  readonly now: Temporal.Instant;
};

export type RefundOutcome =
  | { readonly result: 'succeeded' }
  | { readonly result: 'pending'; readonly askAgainAt: Temporal.Instant }
  | { readonly result: 'failed'; readonly reason: string };
