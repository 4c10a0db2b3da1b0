import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Account, Context } from '../../stripe/context.ts';
import { ID_PREFIXES } from '../../stripe/ids.ts';
import type { Invoice } from '../invoice.ts';

/** 40 hexadecimal digits are 160 bits, which nobody guesses. */
const CODE_CHARACTERS = 40;

/**
 * The part of a link that names an invoice and proves that its account gave the link away: `test_`, the rest of the
 * invoice's id, and a code that only this server can make of the two.
 */
export function tokenOf(account: Account, invoiceId: string): string {
  const mode = account.livemode ? 'live' : 'test';
  return `${mode}_${invoiceId.slice(ID_PREFIXES.invoice.length)}${codeOf(account, invoiceId)}`;
}

/** The invoice that a token of the account opens; undefined for a token that it never gave. */
export function invoiceOfToken(account: Account, token: string): string | undefined {
  const found = /^(?:test|live)_([0-9A-Za-z]+)[\da-f]{40}$/.exec(token);
  if (found === null) return undefined;
  const id = `${ID_PREFIXES.invoice}${found[1]}`;
  const [given, right] = [Buffer.from(token), Buffer.from(tokenOf(account, id))];
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
}

/** The links of an invoice: null while it is a draft, and unchanged from its finalization on. */
export function viewLinks({ account, baseUrl }: Context, { id, finalizedAt }: Invoice) {
  if (finalizedAt === null) return { hosted_invoice_url: null, invoice_pdf: null };
  const page = `${baseUrl}/i/${account.id}/${tokenOf(account, id)}`;
  return { hosted_invoice_url: page, invoice_pdf: `${page}/pdf` };
}

function codeOf({ documentSecret }: Account, invoiceId: string): string {
  return createHmac('sha256', documentSecret).update(`invoice ${invoiceId}`).digest('hex').slice(0, CODE_CHARACTERS);
}
