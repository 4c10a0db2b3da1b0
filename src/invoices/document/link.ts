import { createHmac, timingSafeEqual } from 'node:crypto';
import { findAccount } from '../../accounts/account.sql.ts';
import type { Queryable } from '../../db/pool.ts';
import type { Account, Context } from '../../stripe/context.ts';
import { ID_PREFIXES } from '../../stripe/ids.ts';
import type { PathIds } from '../../stripe/route.ts';
import type { Invoice } from '../invoice.ts';

/** 40 hexadecimal digits are 160 bits, which nobody guesses. */
const CODE_CHARACTERS = 40;

/** What can be opened by a link. */
type Kind = 'invoice' | 'creditNote';

/**
 * The part of a link that names an invoice, or a credit note, and proves that its account gave the link away: `test_`, the
 * rest of the id, and a code that only this server can make of the two.
 */
export function tokenOf(account: Account, id: string, kind: Kind = 'invoice'): string {
  const mode = account.livemode ? 'live' : 'test';
  return `${mode}_${id.slice(ID_PREFIXES[kind].length)}${codeOf(account, id, kind)}`;
}

/** The invoice, or the credit note, that a token of the account opens; undefined for a token that it never gave. */
export function idOfToken(account: Account, token: string, kind: Kind): string | undefined {
  const found = /^(?:test|live)_([0-9A-Za-z]+)[\da-f]{40}$/.exec(token);
  if (found === null) return undefined;
  const id = `${ID_PREFIXES[kind]}${found[1]}`;
  const [given, right] = [Buffer.from(token), Buffer.from(tokenOf(account, id, kind))];
  return given.length === right.length && timingSafeEqual(given, right) ? id : undefined;
}

/** The account that gave a link away, and the id of what it opens; undefined for a link that nobody gave. */
export async function accountOfLink(
  db: Queryable,
  { account: accountId = '', token = '' }: PathIds,
  kind: Kind,
): Promise<{ account: Account; id: string } | undefined> {
  // PostgreSQL can't hold a NUL character, and no id has another than these.
  const account = /^\w+$/.test(accountId) ? await findAccount(db, accountId) : undefined;
  const id = account && idOfToken(account, token, kind);
  return account === undefined || id === undefined ? undefined : { account, id };
}

/** The links of an invoice: null while it is a draft, and unchanged from its finalization on. */
export function viewLinks({ account, baseUrl }: Context, { id, finalizedAt }: Invoice) {
  if (finalizedAt === null) return { hosted_invoice_url: null, invoice_pdf: null };
  const page = `${baseUrl}/i/${account.id}/${tokenOf(account, id)}`;
  return { hosted_invoice_url: page, invoice_pdf: `${page}/pdf` };
}

function codeOf({ documentSecret }: Account, id: string, kind: Kind): string {
  return createHmac('sha256', documentSecret).update(`${kind} ${id}`).digest('hex').slice(0, CODE_CHARACTERS);
}
