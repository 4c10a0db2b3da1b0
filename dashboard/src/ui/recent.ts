import { useEffect } from 'react';
import { useLocation } from 'react-router';
import { useSpace } from '../session/space.ts';

/** A page of something that was looked at: its name, and its address within the account. */
export type Recent = { readonly label: string; readonly path: string };

const KEPT = 8;

const keyOf = (account: string) => `usance.recent.${account}`;

/** What was looked at last in an account, in this browser; nothing where the browser keeps nothing. */
export function readRecent(account: string): readonly Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(account)) ?? '[]');
    return Array.isArray(kept) ? (kept as Recent[]) : [];
  } catch {
    return [];
  }
}

/** Remembers the page that is shown, where it is one of a single object. */
export function useRecent(label: string, isObject: boolean): void {
  const { account, name } = useSpace();
  const { pathname } = useLocation();
  useEffect(() => {
    const path = pathname.slice(name.length + 1);
    if (!isObject || !/\/[a-z_]+_[A-Za-z0-9]{8,}$/.test(path)) return;
    const others = readRecent(account.id).filter((one) => one.path !== path);
    try {
      localStorage.setItem(keyOf(account.id), JSON.stringify([{ label, path }, ...others].slice(0, KEPT)));
    } catch {
      // A browser that keeps nothing: the search then offers no recent pages.
    }
  }, [account.id, name, pathname, label, isObject]);
}
