import { createContext, useContext } from 'react';
import { useSearchParams } from 'react-router';
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

/** The test clock that an address names. */
export const CLOCK_PARAM = 'clock';

/** An address with the clock that is looked at; one that names a clock itself stays as it is. */
export function keepClock(to: string, clock: string | null): string {
  if (clock === null || new RegExp(`[?&]${CLOCK_PARAM}=`).test(to)) return to;
  const [address = '', hash] = to.split('#');
  const whole = `${address}${address.includes('?') ? '&' : '?'}${CLOCK_PARAM}=${encodeURIComponent(clock)}`;
  return hash === undefined ? whole : `${whole}#${hash}`;
}

/** An address within the account that is shown, on the clock that is looked at: `usePath()('/customers')`. */
export function usePath(): (path: string) => string {
  const { name } = useSpace();
  const [search] = useSearchParams();
  const clock = search.get(CLOCK_PARAM);
  return (path) => keepClock(`/${name}${path}`, clock);
}
