import { findAccount } from '../../accounts/account.sql.ts';
import type { Queryable } from '../../db/pool.ts';
import type { Document, DocumentRoute } from '../../stripe/document.ts';
import type { PathIds } from '../../stripe/route.ts';
import { findLines } from '../line.sql.ts';
import { findWholeInvoices } from '../read.ts';
import { buildDocument } from './build.ts';
import type { InvoiceDocument } from './document.ts';
import { invoiceOfToken } from './link.ts';
import { invoicePage, notFoundPage, STYLE_SOURCE } from './page.ts';
import { invoicePdf } from './pdf.ts';

const HTML = 'text/html; charset=utf-8';

/** What every link opens that was never given away. */
export const NOT_FOUND: Document = { status: 404, contentType: HTML, body: notFoundPage(), styleSource: STYLE_SOURCE };

/** Invoices for people. Whatever is wrong with a link, the answer is the same, so that it tells nothing. */
export const documentRoutes: DocumentRoute[] = [
  {
    path: '/i/:account/:token',
    async open(db, ids) {
      const document = await findDocument(db, ids);
      if (document === undefined) return NOT_FOUND;
      // Seen from the page, so that it holds behind a proxy that adds to the path.
      const body = invoicePage(document, `${ids['token']}/pdf`);
      return { status: 200, contentType: HTML, body, styleSource: STYLE_SOURCE };
    },
  },
  {
    path: '/i/:account/:token/pdf',
    async open(db, ids) {
      const document = await findDocument(db, ids);
      if (document === undefined) return NOT_FOUND;
      const fileName = `Invoice-${document.number.replaceAll(/[^\w.-]/g, '_')}.pdf`;
      return { status: 200, contentType: 'application/pdf', body: await invoicePdf(document), fileName };
    },
  },
  { path: '/i/*', open: async () => NOT_FOUND },
];

async function findDocument(
  db: Queryable,
  { account: accountId = '', token = '' }: PathIds,
): Promise<InvoiceDocument | undefined> {
  // PostgreSQL can't hold a NUL character, and no id has another than these.
  const account = /^\w+$/.test(accountId) ? await findAccount(db, accountId) : undefined;
  const id = account && invoiceOfToken(account, token);
  if (account === undefined || id === undefined) return undefined;
  const [found] = await findWholeInvoices({ db, account }, [id]);
  if (found === undefined || found.invoice.finalizedAt === null) return undefined;
  return buildDocument(account, { invoice: found.invoice, lines: await findLines({ db, account }, id) });
}
