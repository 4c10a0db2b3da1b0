import type { Queryable } from '../../db/pool.ts';
import { TEST_DEBIT_SECONDS } from '../../limits.ts';
import type { Account } from '../../stripe/context.ts';
import { testmodeChargesOnly } from '../../stripe/errors.ts';
import type {
  ChargeOrder,
  ChargeOutcome,
  Gateway,
  GatewayMethod,
  RefundOrder,
  RefundOutcome,
  Verification,
  VerifyQuestion,
} from '../gateway.ts';
import { bankAccountByName } from './bank_accounts.ts';
import { AUTHENTICATION_REQUIRED, cardByName, declineOf, type TestCard } from './cards.ts';
import { bookCharge, bookRefund, type Decision, findCharge, findRefund, type LedgerEntry } from './ledger.sql.ts';
import { offered } from './offered.ts';
import { BANK_PREFIX, SET_UP_SUFFIX, tokenize, wellKnown } from './tokenize.ts';

/** Debits that never settle are to be asked for again so late that nobody does. */
const NEVER_DAYS = 36_500;

/**
 * The built-in gateway: it knows Stripe's well-known test cards and accounts, moves no money, and keeps a book of its
 * own over `db`, which must not be the connection of the request. It does nothing for live accounts.
 */
export function testGateway(db: Queryable): Gateway {
  const book = (account: Account) => {
    checkAccount(account);
    return { db, account };
  };
  return {
    checkAccount,
    wellKnown(account, id) {
      return account.livemode ? undefined : wellKnown(account, id);
    },
    offered: (account) => (account.livemode ? [] : offered(account)),
    tokenize(account, details, now) {
      checkAccount(account);
      return tokenize(account, details, now);
    },
    verify: async (account, question) => await Promise.resolve(verify(account, question)),
    async charge(account, order) {
      const { idempotencyKey, subject, reference, amount, currency, now } = order;
      const entry = decideCharge(order);
      const key = { idempotencyKey, subject, reference, amount, currency, createdAt: now };
      return chargeOutcome(await bookCharge(book(account), { ...key, ...entry }), now);
    },
    async retrieveCharge(account, idempotencyKey, now) {
      const entry = await findCharge(book(account), idempotencyKey);
      return entry && chargeOutcome(entry, now);
    },
    refund: async (account, order) => await refund(book(account), order),
    async retrieveRefund(account, idempotencyKey, now) {
      const entry = await findRefund(book(account), idempotencyKey);
      return entry && refundOutcome(entry, now);
    },
  };
}

function checkAccount(account: Account): void {
  if (account.livemode) throw testmodeChargesOnly();
}

function verify(account: Account, { reference, for: purpose, authenticated }: VerifyQuestion): Verification {
  checkAccount(account);
  const { card, isSetUp } = readReference(reference);
  if (card === undefined) return { result: 'verified', reference };
  if (card.verify !== 'approve') return { result: 'declined', refusal: declineOf(card.verify) };
  const asks = purpose === 'setup' && card.authentication !== 'never' && !isSetUp;
  if (!asks) return { result: 'verified', reference };
  return authenticated
    ? { result: 'verified', reference: `${card.name}${SET_UP_SUFFIX}` }
    : { result: 'requires_action' };
}

/** What the bank says, from the order alone: the same order always meets the same decision. */
function decideCharge({ reference, offSession, authenticated, keep, now }: ChargeOrder): LedgerEntry {
  const { card, isSetUp } = readReference(reference);
  if (card === undefined) return decideDebit(reference, now);
  const asks =
    !authenticated && (card.authentication === 'always' || (card.authentication === 'until_set_up' && !isSetUp));
  if (asks && offSession) return atOnce({ result: 'declined', refusal: AUTHENTICATION_REQUIRED });
  if (asks) return atOnce({ result: 'requires_action' });
  if (card.charge === 'approve') {
    const isNew = keep && authenticated && card.authentication === 'until_set_up';
    return atOnce({ result: 'succeeded', ...(isNew ? { reference: `${card.name}${SET_UP_SUFFIX}` } : {}) });
  }
  return atOnce({ result: 'declined', refusal: declineOf(card.charge) });
}

function decideDebit(reference: string, now: Temporal.Instant): LedgerEntry {
  const debit = bankAccountByName(reference.slice(BANK_PREFIX.length))?.debit ?? 'never';
  if (debit === 'never') return { decision: { result: 'succeeded' }, settlesAt: now.add({ hours: 24 * NEVER_DAYS }) };
  const settlesAt = now.add({ seconds: TEST_DEBIT_SECONDS });
  if (debit === 'succeed') return { decision: { result: 'succeeded' }, settlesAt };
  return { decision: { result: 'declined', refusal: debit }, settlesAt };
}

function atOnce(decision: Decision): LedgerEntry {
  return { decision, settlesAt: null };
}

function chargeOutcome({ decision, settlesAt }: LedgerEntry, now: Temporal.Instant): ChargeOutcome {
  if (isPending(settlesAt, now)) return { result: 'processing', askAgainAt: settlesAt };
  if (decision.result === 'failed') throw new Error('a charge is declined, it does not fail');
  return decision;
}

async function refund(book: { db: Queryable; account: Account }, order: RefundOrder): Promise<RefundOutcome> {
  const { idempotencyKey, chargeKey, amount, now } = order;
  const charge = await findCharge(book, chargeKey);
  if (charge === undefined) throw new Error(`no charge ${chargeKey} was ever made`);
  const { card } = readReference(charge.reference);
  const entry = decideRefund(card, now);
  return refundOutcome(await bookRefund(book, { idempotencyKey, chargeKey, amount, createdAt: now, ...entry }), now);
}

/** Cards get their money back at once but for two; banks take their time. */
function decideRefund(card: TestCard | undefined, now: Temporal.Instant): LedgerEntry {
  const decision: Decision =
    card?.refund === 'fail' ? { result: 'failed', reason: 'expired_or_canceled_card' } : { result: 'succeeded' };
  const isSlow = card === undefined || card.refund !== 'succeed';
  return { decision, settlesAt: isSlow ? now.add({ seconds: TEST_DEBIT_SECONDS }) : null };
}

function refundOutcome({ decision, settlesAt }: LedgerEntry, now: Temporal.Instant): RefundOutcome {
  if (isPending(settlesAt, now)) return { result: 'pending', askAgainAt: settlesAt };
  return decision.result === 'failed' ? decision : { result: 'succeeded' };
}

function isPending(settlesAt: Temporal.Instant | null, now: Temporal.Instant): settlesAt is Temporal.Instant {
  return settlesAt !== null && Temporal.Instant.compare(now, settlesAt) < 0;
}

/** A card by its name, which ends so when it was set up; undefined for accounts at banks. */
function readReference(reference: GatewayMethod['reference']): { card: TestCard | undefined; isSetUp: boolean } {
  const isSetUp = reference.endsWith(SET_UP_SUFFIX);
  const name = isSetUp ? reference.slice(0, -SET_UP_SUFFIX.length) : reference;
  return { card: cardByName(name), isSetUp };
}
