import { beginAuthentication } from '../../payments/authenticate.ts';
import type { Payments } from '../../payments/payments.ts';
import { callGateway, settleAttempt } from '../../payments/settle.ts';
import type { ChargeOutcome } from '../../payments/gateway.ts';
import { MAX_FORMS_AT_ONCE } from '../../limits.ts';
import type { Account, Context } from '../../stripe/context.ts';
import type { Elsewhere, Submission } from '../../stripe/document.ts';
import { invalidRequest, StripeError } from '../../stripe/errors.ts';
import type { FormBranch } from '../../stripe/form.ts';
import { findAnswer } from '../../stripe/idempotency.sql.ts';
import { hashRequest } from '../../stripe/idempotency.ts';
import type { Begun } from '../../stripe/route.ts';
import { runSteps, type Steps } from '../../stripe/steps.ts';
import { beginPay } from '../pay.ts';
import { payingSteps } from '../paying_steps.ts';
import type { Invoice } from '../invoice.ts';
import { findPanel, type PayPanel } from './pay_panel.ts';

/** Where the keys of forms begin, so that they are no keys that a client chose. */
const KEY_PREFIX = 'invoice_page_';

/** Random letters and digits, 142 bits. */
export const FORM_KEY_CHARACTERS = 24;

/** What a form asks for, and the key that makes a second click the same request. */
type Wish = { readonly verb: string; readonly methodId: string; readonly key: string };

/**
 * Does what a form of the page of an invoice asks for, by the steps of `pay` or those of an authentication, once however
 * often it is sent. What comes of it is then told by the page: a refused card is no problem of the form. Answers why
 * nothing was done, or where to look.
 */
export async function submitForm(
  { form, now, contextFor }: Submission,
  payments: Payments,
  { account, invoice, location }: { account: Account; invoice: Invoice; location: string },
): Promise<Told> {
  const wish = readWish(form);
  if (wish === undefined) return { problem: 'This form was not complete. Please try again.' };
  const context = contextFor(account);
  const problem = await problemBefore(context, payments, invoice, wish);
  if (problem !== undefined) return { problem };
  return (
    (await atOnce(invoice.id, () => run(context, now, payments, { invoice, wish, location }))) ?? { problem: BUSY }
  );
}

type Told = Elsewhere | { readonly problem: string };

async function run(
  context: Context,
  now: Submission['now'],
  payments: Payments,
  { invoice, wish, location }: { invoice: Invoice; wish: Wish; location: string },
): Promise<Told> {
  const requestHash = hashRequest(wish.verb, invoice.id, wish.methodId);
  const keyed = { key: keyOf(wish), requestHash, waits: true } as const;
  try {
    const answer = await runSteps(context, now, keyed, stepsOf(context, payments, invoice, wish));
    if (answer.status < 400) return { location };
    const { error } = JSON.parse(answer.body) as { error: { message: string } };
    return { problem: error.message };
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.status >= 500) throw error;
    return { problem: problemOf(error) };
  }
}

function keyOf({ key }: Wish): string {
  return `${KEY_PREFIX}${key}`;
}

/**
 * Why a form can't be meant, found before its key is taken: nothing is stored of it. A repetition of what was done already
 * is not judged by what that made of the invoice.
 */
async function problemBefore(
  context: Context,
  payments: Payments,
  invoice: Invoice,
  wish: Wish,
): Promise<string | undefined> {
  const problem = problemWith(await findPanel(context, payments, invoice), wish);
  if (problem === undefined) return undefined;
  return (await findAnswer(context, keyOf(wish))) === undefined ? problem : undefined;
}

function problemWith(panel: PayPanel | null, { verb, methodId }: Wish): string | undefined {
  if (verb === 'pay')
    return panel !== null && isOffered(panel, methodId) ? undefined : 'Please choose a payment method.';
  return panel?.state === 'authenticate' && panel.intentId !== null ? undefined : 'The bank asks nothing more.';
}

/** How many forms of each invoice are being worked on here. */
const running = new Map<string, number>();

/**
 * Does the work of a form, unless enough others of the same invoice are at it: each waits within a transaction, so that
 * one link could otherwise take all connections. Undefined then.
 */
async function atOnce<T>(invoiceId: string, work: () => Promise<T>): Promise<T | undefined> {
  const before = running.get(invoiceId) ?? 0;
  if (before >= MAX_FORMS_AT_ONCE) return undefined;
  running.set(invoiceId, before + 1);
  try {
    return await work();
  } finally {
    const left = (running.get(invoiceId) ?? 1) - 1;
    if (left === 0) running.delete(invoiceId);
    else running.set(invoiceId, left);
  }
}

function readWish(form: FormBranch): Wish | undefined {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  const [verb, key, methodId] = [text('do'), text('key'), text('payment_method')];
  if (key.length !== FORM_KEY_CHARACTERS || !/^[0-9A-Za-z]+$/.test(key)) return undefined;
  return verb === 'authenticate' || verb === 'fail' || verb === 'pay' ? { verb, methodId, key } : undefined;
}

function problemOf({ fields }: StripeError): string {
  if (fields.type === 'idempotency_error') return 'This form was sent before, with another choice. Please try again.';
  return fields.status === 429 ? BUSY : fields.message;
}

const BUSY = 'Something else is being done with this invoice. Please try again.';

function stepsOf(context: Context, payments: Payments, invoice: Invoice, wish: Wish): Steps {
  const steps = wish.verb === 'pay' ? paySteps(payments, invoice, wish) : authenticationSteps(payments, invoice, wish);
  return {
    async begin(within) {
      const begun = await steps.begin(within);
      return 'next' in begun ? begun : DONE;
    },
    call: steps.call,
    async end(within, next, called) {
      await steps.end(within, next, called);
      return { status: 200, ...DONE };
    },
  };
}

/** What a page shows is read anew, so that there is nothing to keep of an answer. */
const DONE = { body: '{}' };

type Doing = {
  begin(within: Context): Promise<Begun>;
  call(outside: Context, next: string): Promise<unknown>;
  end(within: Context, next: string, called: unknown): Promise<unknown>;
};

function paySteps(payments: Payments, invoice: Invoice, wish: Wish): Doing {
  const rest = payingSteps(payments, async () => ({}));
  return {
    async begin(within) {
      const problem = problemWith(await findPanel(within, payments, invoice), wish);
      if (problem !== undefined) throw invalidRequest(problem);
      return await beginPay(within, payments, invoice.id, { payment_method: wish.methodId });
    },
    call: rest.call,
    end: rest.end,
  };
}

function isOffered({ saved, offered }: PayPanel, methodId: string): boolean {
  return [...saved, ...offered].some(({ id }) => id === methodId);
}

function authenticationSteps(payments: Payments, invoice: Invoice, { verb }: Wish): Doing {
  return {
    async begin(within) {
      const panel = await findPanel(within, payments, invoice);
      if (panel?.intentId == null || panel.state !== 'authenticate')
        throw invalidRequest('The bank asks nothing more.');
      return await beginAuthentication(within, payments, panel.intentId, verb === 'fail' ? 'fail' : 'succeed');
    },
    call: async (outside, next) => await callGateway(outside, payments.gateway, next),
    end: async (within, next, called) => await settleAttempt(within, payments, next, called as ChargeOutcome | null),
  };
}
