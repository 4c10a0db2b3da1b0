import type { Account } from '../../stripe/context.ts';
import type { OfferedMethod } from '../gateway.ts';
import { wellKnown } from './tokenize.ts';

/** One of each kind of outcome: by these a page can be tried out. */
const OFFERED: readonly (readonly [id: string, outcome: string])[] = [
  ['pm_card_visa', 'Pays at once'],
  ['pm_card_chargeDeclined', 'Is declined'],
  ['pm_card_authenticationRequired', 'Asks you to authenticate'],
  ['pm_usBankAccount', 'Pays after a few seconds'],
];

export function offered(account: Account): OfferedMethod[] {
  return OFFERED.map(([id, outcome]) => {
    const method = wellKnown(account, id);
    if (method === undefined) throw new Error(`the test gateway does not know ${id}`);
    const { reference: _reference, ...details } = method;
    return { id, details, outcome };
  });
}
