import { tokenOf } from '../invoices/document/link.ts';
import type { Context } from '../stripe/context.ts';

/** Where the PDF of a credit note opens for whoever has the link, without a key. */
export function pdfLinkOf({ account, baseUrl }: Context, id: string): string {
  return `${baseUrl}/cn/${account.id}/${tokenOf(account, id, 'creditNote')}/pdf`;
}
