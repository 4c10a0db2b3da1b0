import { PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { clearable, integer, list, metadata, oneOf, string, unserved } from '../stripe/params.types.ts';
import { PAYMENT_METHOD_TYPES } from './payment_method.ts';

/** An address as customers have it: each part can be cleared. */
const address = object({
  city: clearable(string()),
  country: clearable(string({ max: 2 })),
  line1: clearable(string()),
  line2: clearable(string()),
  postal_code: clearable(string()),
  state: clearable(string()),
});

const billingDetails = object({
  address: clearable(address),
  email: clearable(string({ max: 512 })),
  name: clearable(string({ max: 256 })),
  phone: clearable(string({ max: 20 })),
  tax_id: string({ max: 50 }),
});

export const shipping = object({
  address: required(address),
  carrier: string(),
  name: required(string()),
  phone: string(),
  tracking_number: string(),
});

export type ShippingParams = ParamsOf<typeof shipping>;

const allowRedisplay = oneOf('always', 'limited', 'unspecified');
const accountHolderType = oneOf('company', 'individual');
const accountType = oneOf('checking', 'savings');

const card = object({
  cvc: string({ max: 10 }),
  exp_month: integer(0, 99),
  exp_year: integer(0, 9999),
  networks: unserved(),
  number: string({ max: 30 }),
  token: string(),
});

const usBankAccount = object({
  account_holder_type: accountHolderType,
  account_number: string({ max: 30 }),
  account_type: accountType,
  financial_connections_account: unserved(),
  routing_number: string({ max: 20 }),
});

/** Other ways of paying, none of which the gateway knows. */
const OTHER_TYPES = {
  acss_debit: unserved(),
  affirm: unserved(),
  afterpay_clearpay: unserved(),
  alipay: unserved(),
  alma: unserved(),
  amazon_pay: unserved(),
  au_becs_debit: unserved(),
  bacs_debit: unserved(),
  bancontact: unserved(),
  billie: unserved(),
  bizum: unserved(),
  blik: unserved(),
  boleto: unserved(),
  cashapp: unserved(),
  crypto: unserved(),
  custom: unserved(),
  customer_balance: unserved(),
  eps: unserved(),
  fpx: unserved(),
  giropay: unserved(),
  grabpay: unserved(),
  ideal: unserved(),
  interac_present: unserved(),
  kakao_pay: unserved(),
  klarna: unserved(),
  konbini: unserved(),
  kr_card: unserved(),
  link: unserved(),
  mb_way: unserved(),
  mobilepay: unserved(),
  multibanco: unserved(),
  naver_pay: unserved(),
  nz_bank_account: unserved(),
  oxxo: unserved(),
  p24: unserved(),
  pay_by_bank: unserved(),
  payco: unserved(),
  paynow: unserved(),
  paypal: unserved(),
  paypay: unserved(),
  payto: unserved(),
  pix: unserved(),
  promptpay: unserved(),
  revolut_pay: unserved(),
  samsung_pay: unserved(),
  satispay: unserved(),
  scalapay: unserved(),
  sepa_debit: unserved(),
  sequra: unserved(),
  sofort: unserved(),
  sunbit: unserved(),
  swish: unserved(),
  twint: unserved(),
  upi: unserved(),
  wechat_pay: unserved(),
  zip: unserved(),
};

export const createPaymentMethodParams = object({
  ...OTHER_TYPES,
  allow_redisplay: allowRedisplay,
  billing_details: billingDetails,
  card,
  // Copying methods from one account of a platform to another.
  customer: unserved(),
  metadata: metadata(),
  payment_method: unserved(),
  radar_options: unserved(),
  type: required(oneOf(...PAYMENT_METHOD_TYPES)),
  us_bank_account: usBankAccount,
});

export type CreatePaymentMethodParams = ParamsOf<typeof createPaymentMethodParams>;

export const updatePaymentMethodParams = object({
  allow_redisplay: allowRedisplay,
  billing_details: billingDetails,
  card: object({ exp_month: integer(1, 12), exp_year: integer(1, 9999), networks: unserved() }),
  metadata: clearable(metadata()),
  us_bank_account: object({ account_holder_type: accountHolderType, account_type: accountType }),
});

export type PaymentMethodChange = ParamsOf<typeof updatePaymentMethodParams>;

const listFilters = { allow_redisplay: allowRedisplay, type: string({ max: 50 }) };

export const listPaymentMethodsParams = object({
  ...PAGING,
  ...listFilters,
  customer: string(),
  customer_account: unserved(),
});

export type ListPaymentMethodsParams = ParamsOf<typeof listPaymentMethodsParams>;

export const listOfCustomerParams = object({ ...PAGING, ...listFilters });

export const attachParams = object({ customer: required(string()), customer_account: unserved() });

export type AttachParams = ParamsOf<typeof attachParams>;

/** Which types may pay; the gateway knows no others. */
export const allowedTypes = list(oneOf(...PAYMENT_METHOD_TYPES), { max: PAYMENT_METHOD_TYPES.length });

export const noParams = object({});
