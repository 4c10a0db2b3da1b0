import type { Queryable } from '../db/pool.ts';
import type { InvoiceDocument } from '../invoices/document/document.ts';
import { NOT_FOUND } from '../invoices/document/document.routes.ts';
import { accountOfLink } from '../invoices/document/link.ts';
import { invoicePdf } from '../invoices/document/pdf.ts';
import { findInvoices } from '../invoices/invoice.sql.ts';
import { findRefunds } from '../payments/refund.sql.ts';
import type { DocumentRoute } from '../stripe/document.ts';
import type { PathIds } from '../stripe/route.ts';
import { buildCreditNoteDocument } from './document.ts';
import { findWholeNotes } from './read.ts';

/** Credit notes for people. Whatever is wrong with a link, the answer is the same, so that it tells nothing. */
export const creditNoteDocumentRoutes: DocumentRoute[] = [
  {
    path: '/cn/:account/:token/pdf',
    async open(db, ids) {
      const document = await findDocument(db, ids);
      if (document === undefined) return NOT_FOUND;
      const fileName = `Credit-Note-${document.number.replaceAll(/[^\w.-]/g, '_')}.pdf`;
      return { status: 200, contentType: 'application/pdf', body: await invoicePdf(document), fileName };
    },
  },
  { path: '/cn/*', open: async () => NOT_FOUND },
];

async function findDocument(db: Queryable, ids: PathIds): Promise<InvoiceDocument | undefined> {
  const opened = await accountOfLink(db, ids, 'creditNote');
  if (opened === undefined) return undefined;
  const { account, id } = opened;
  const scope = { db, account };
  const [found] = await findWholeNotes(scope, [id]);
  const [invoice] = found === undefined ? [] : await findInvoices(scope, [found.note.invoiceId]);
  if (found === undefined || invoice === undefined) return undefined;
  const refunds = await findRefunds(
    scope,
    found.refunds.map(({ refundId }) => refundId),
  );
  return buildCreditNoteDocument(account, { invoice, lines: [] }, found, refunds);
}
