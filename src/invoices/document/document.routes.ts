import { findCouponsByKey } from '../../catalog/coupon.sql.ts';
import { findTaxRates } from '../../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../../catalog/tax_rate.ts';
import type { Queryable } from '../../db/pool.ts';
import type { Scope } from '../../db/scope.ts';
import type { Payments } from '../../payments/payments.ts';
import type { Account } from '../../stripe/context.ts';
import type { Document, DocumentRoute, Elsewhere, Submission } from '../../stripe/document.ts';
import { randomCharacters } from '../../stripe/ids.ts';
import type { PathIds } from '../../stripe/route.ts';
import { findDiscounts } from '../discount.sql.ts';
import type { Invoice, WholeInvoice } from '../invoice.ts';
import { findLines } from '../line.sql.ts';
import { findWholeInvoices } from '../read.ts';
import { buildDocument } from './build.ts';
import { accountOfLink } from './link.ts';
import { invoicePage, notFoundPage, STYLE_SOURCE } from './page.ts';
import { payForm } from './pay_form.ts';
import type { CouponNames } from './sums.ts';
import { findPanel, isTooSmall } from './pay_panel.ts';
import { invoicePdf } from './pdf.ts';
import { FORM_KEY_CHARACTERS, submitForm } from './submit.ts';

const HTML = { contentType: 'text/html; charset=utf-8', styleSource: STYLE_SOURCE };

const TOO_SMALL = 'What remains is too small to be paid by card.';

/** What every link opens that was never given away. */
export const NOT_FOUND: Document = { status: 404, ...HTML, body: notFoundPage() };

/**
 * Invoices for people. Whatever is wrong with a link, the answer is the same, so that it tells nothing. Who has the link
 * may also pay, where the gateway takes money for the account; no cookie is involved, so no other site can make a browser
 * send the form without knowing the link itself.
 */
export function documentRoutes(payments: Payments): DocumentRoute[] {
  return [
    {
      path: '/i/:account/:token',
      async open(db, ids) {
        const found = await findInvoice(db, ids);
        return found === undefined ? NOT_FOUND : await pageOf(db, payments, found, null);
      },
      submit: async (submission) => await submitted(submission, payments),
    },
    {
      path: '/i/:account/:token/pdf',
      async open(db, ids) {
        const found = await findInvoice(db, ids);
        if (found === undefined) return NOT_FOUND;
        const document = buildDocument(found.account, found.whole, found.rates, found.coupons);
        const fileName = `Invoice-${document.number.replaceAll(/[^\w.-]/g, '_')}.pdf`;
        return { status: 200, contentType: 'application/pdf', body: await invoicePdf(document), fileName };
      },
    },
    { path: '/i/*', open: async () => NOT_FOUND, submit: async () => NOT_FOUND },
  ];
}

/** What a link opens. Addresses are as seen from the page, so that they hold behind a proxy that adds to the path. */
type Found = {
  readonly account: Account;
  readonly whole: WholeInvoice;
  readonly rates: readonly TaxRate[];
  readonly coupons: CouponNames;
  readonly location: string;
};

async function findInvoice(db: Queryable, ids: PathIds): Promise<Found | undefined> {
  const opened = await accountOfLink(db, ids, 'invoice');
  if (opened === undefined) return undefined;
  const { account, id } = opened;
  const [found] = await findWholeInvoices({ db, account }, [id]);
  if (found === undefined || found.invoice.finalizedAt === null) return undefined;
  const whole = { invoice: found.invoice, lines: await findLines({ db, account }, id) };
  const rates = await findTaxRates(
    { db, account },
    found.invoice.taxes.map((tax) => tax.id),
  );
  const coupons = await findCouponNames({ db, account }, found.invoice);
  return { account, whole, rates, coupons, location: ids['token'] ?? '' };
}

async function findCouponNames(scope: Scope, { discounts }: Invoice): Promise<CouponNames> {
  const stored = await findDiscounts(
    scope,
    discounts.map(({ id }) => id),
  );
  const coupons = await findCouponsByKey(
    scope,
    stored.map(({ couponKey }) => couponKey),
  );
  const names = new Map(coupons.map(({ key, name }) => [key, name]));
  return new Map(stored.flatMap(({ id, couponKey }) => nameOf(id, names.get(couponKey))));
}

function nameOf(id: string, name: string | null | undefined): [string, string][] {
  return name === null || name === undefined ? [] : [[id, name]];
}

async function pageOf(
  db: Queryable,
  payments: Payments,
  { account, whole, rates, coupons, location }: Found,
  problem: string | null,
): Promise<Document> {
  const panel = await findPanel({ db, account }, payments, whole.invoice);
  const target = { action: location, key: randomCharacters(FORM_KEY_CHARACTERS) };
  const form = panel === null ? null : payForm(panel, target, problem);
  const document = buildDocument(account, whole, rates, coupons);
  const notes = isTooSmall({ db, account }, payments, whole.invoice) ? [...document.notes, TOO_SMALL] : document.notes;
  const body = invoicePage({ ...document, notes }, `${location}/pdf`, form);
  return { status: problem === null ? 200 : 409, ...HTML, body, hasForm: form !== null };
}

async function submitted(submission: Submission, payments: Payments): Promise<Document | Elsewhere> {
  const { db, ids } = submission;
  const found = await findInvoice(db, ids);
  if (found === undefined) return NOT_FOUND;
  const { account, whole, location } = found;
  const done = await submitForm(submission, payments, { account, invoice: whole.invoice, location });
  if ('location' in done) return done;
  const after = await findInvoice(db, ids);
  if (after === undefined) return NOT_FOUND;
  const page = await pageOf(db, payments, after, done.problem);
  // Where nothing is to be paid any more, the page itself says why.
  return page.hasForm === true ? page : { location };
}
