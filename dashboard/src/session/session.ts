import { queryOptions } from '@tanstack/react-query';
import { type ApiError, failWith, unreachable } from '../api/error.ts';

export type Account = { readonly id: string; readonly name: string; readonly livemode: boolean };
export type Session = { readonly user: { readonly id: string; readonly email: string }; readonly accounts: Account[] };

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(path, { method, ...init }).catch(() => {
    throw unreachable();
  });
  if (!response.ok) await failWith(response);
  return (await response.json()) as T;
}

/** Who is logged in, and what they may open. */
export const sessionQuery = queryOptions<Session, ApiError>({
  queryKey: ['session'],
  queryFn: () => ask<Session>('GET', '/dashboard/session'),
  staleTime: 60_000,
});

export const logIn = (login: { email: string; password: string }) => ask<Session>('POST', '/dashboard/session', login);
export const setUp = (login: { link: string; email: string; password: string }) =>
  ask<Session>('POST', '/dashboard/setup', login);
export const logOut = () => ask<object>('DELETE', '/dashboard/session');
