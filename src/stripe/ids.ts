import { randomFillSync } from 'node:crypto';

/** Every id prefix of the API that we make. Newer resources put the mode into the id, as Stripe's do. */
export const ID_PREFIXES = {
  account: 'acct_',
  charge: 'ch_',
  creditNote: 'cn_',
  creditNoteLine: 'cnli_',
  customer: 'cus_',
  customerBalanceTransaction: 'cbtxn_',
  discount: 'di_',
  event: 'evt_',
  idempotentRequest: 'req_',
  invoice: 'in_',
  invoiceItem: 'ii_',
  invoiceLine: 'il_',
  invoicePayment: 'inpay_',
  lateUsage: 'late_',
  previewInvoice: 'upcoming_in_',
  previewLine: 'il_tmp_',
  previewPrice: 'price_tmp_',
  previewCreditNoteLine: 'cnli_tmp_',
  meter: 'mtr_',
  meterEventSession: 'mtr_event_session_',
  meterEventAdjustment: 'mtr_event_adj_',
  meterEventSummary: 'mtrusg_',
  rejectedMeterEvent: 'mtr_event_rej_',
  paymentAttempt: 'pay_attempt_',
  paymentIntent: 'pi_',
  paymentMethod: 'pm_',
  price: 'price_',
  product: 'prod_',
  promotionCode: 'promo_',
  apiKey: 'key_',
  refund: 're_',
  setupIntent: 'seti_',
  sharedMeter: 'shared_',
  subscription: 'sub_',
  subscriptionItem: 'si_',
  subscriptionSchedule: 'sub_sched_',
  taxId: 'txi_',
  taxRate: 'txr_',
  testClock: 'clock_',
  user: 'user_',
} as const;

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HEAD_CHARACTERS = 9;
const TAIL_CHARACTERS = 15;
/** Ids of one millisecond are told apart by 10 bits, so that ids of one process always ascend. */
const TICKS_PER_MILLISECOND = 1024;

let lastTick = 0;

/** 24 base-62 characters: 9 of time (index-local inserts, order within a process), 15 random (89 bits). */
function newSuffix(): string {
  lastTick = Math.max(Date.now() * TICKS_PER_MILLISECOND, lastTick + 1);
  return encodeTick(lastTick) + randomCharacters(TAIL_CHARACTERS);
}

function encodeTick(tick: number): string {
  let rest = tick;
  let text = '';
  for (let place = 0; place < HEAD_CHARACTERS; place++) {
    text = ALPHABET.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Unbiased base-62 text: bytes of 248 and above are thrown away, because 248 = 4 × 62. */
export function randomCharacters(count: number): string {
  let text = '';
  while (text.length < count) {
    const byte = randomByte();
    if (byte < 248) text += ALPHABET.charAt(byte % 62);
  }
  return text;
}

/** Random bytes are drawn 8 KiB at a time: a draw costs 3 µs, whatever its size up to that. */
const randomPool = Buffer.alloc(8_192);
let randomUsed = randomPool.length;

function randomByte(): number {
  if (randomUsed === randomPool.length) {
    randomFillSync(randomPool);
    randomUsed = 0;
  }
  return randomPool.readUInt8(randomUsed++);
}

/** A new id such as `cus_0AbC…`: the alphabet ascends in ASCII, so later ids of a process sort later. */
export function newId(kind: keyof typeof ID_PREFIXES): string {
  return ID_PREFIXES[kind] + newSuffix();
}

/** A new id of a resource that carries its mode: `mtr_test_…` in test accounts, `mtr_…` in live ones. */
export function newModeId(kind: keyof typeof ID_PREFIXES, livemode: boolean): string {
  return `${ID_PREFIXES[kind]}${livemode ? '' : 'test_'}${newSuffix()}`;
}

/** When an id was made: wall time, whatever a test clock said. Throws for what is none of ours. */
export function madeAt(id: string): Temporal.Instant {
  const start = id.lastIndexOf('_') + 1;
  const head = id.slice(start, start + HEAD_CHARACTERS);
  const places = Array.from({ length: head.length }, (_, place) => ALPHABET.indexOf(head.charAt(place)));
  if (places.length < HEAD_CHARACTERS || places.includes(-1)) throw new Error(`${id} is not an id`);
  const tick = places.reduce((sum, place) => sum * 62 + place, 0);
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(tick / TICKS_PER_MILLISECOND));
}
