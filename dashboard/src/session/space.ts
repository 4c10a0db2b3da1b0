import { createContext, useContext } from 'react';
import type { Account, Session } from './session.ts';

/** The account that a page is about, and how its address names it: `test`, `live` or an id. */
export type Space = { readonly account: Account; readonly name: string; readonly session: Session };

export const SpaceContext = createContext<Space | null>(null);

export function useSpace(): Space {
  const space = useContext(SpaceContext);
  if (space === null) throw new Error('This part of a page belongs into a space.');
  return space;
}

/** The account that an address names: the oldest of test or live data, or the one of an id. */
export function findAccount(accounts: readonly Account[], name: string): Account | undefined {
  if (name === 'test' || name === 'live') return accounts.find(({ livemode }) => livemode === (name === 'live'));
  return accounts.find(({ id }) => id === name);
}

/** How an account is named in addresses. */
export function nameOf(accounts: readonly Account[], account: Account): string {
  const short = account.livemode ? 'live' : 'test';
  return findAccount(accounts, short)?.id === account.id ? short : account.id;
}

/** An address within the account that is shown: `usePath()('/customers')`. */
export function usePath(): (path: string) => string {
  const { name } = useSpace();
  return (path) => `/${name}${path}`;
}
