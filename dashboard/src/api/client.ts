import { failWith, unreachable } from './error.ts';
import { encodeForm, type Params } from './form.ts';

/** A list as the API answers it. */
export type List<T> = { readonly object: 'list'; readonly data: T[]; readonly has_more: boolean; readonly url: string };

/** The API, as the user who is logged in sees one account. */
export type Client = {
  get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, params?: Params): Promise<T>;
  remove<T>(path: string, params?: Params): Promise<T>;
  /** Sends a file as it is. */
  upload<T>(path: string, file: File, type: string): Promise<T>;
};

/** A client of an account. Answers that are no success are thrown as `ApiError`. */
export function clientOf(account: string): Client {
  const send = async <T>(method: string, path: string, init: RequestInit = {}): Promise<T> => {
    const headers = { 'usance-account': account, ...(init.headers as Record<string, string>) };
    const response = await fetch(path, { ...init, method, headers }).catch((error: unknown) => {
      if ((error as Error).name === 'AbortError') throw error;
      throw unreachable();
    });
    if (!response.ok) await failWith(response);
    return (await response.json()) as T;
  };
  return {
    get: (path, params, signal) => send('GET', withQuery(path, params), { signal }),
    // A request that was sent twice, because an answer was lost, is carried out once.
    post: (path, params = {}) =>
      send('POST', path, { body: encodeForm(params), headers: { 'idempotency-key': crypto.randomUUID() } }),
    remove: (path, params) => send('DELETE', withQuery(path, params)),
    upload: (path, file, type) => send('POST', path, { body: file, headers: { 'content-type': type } }),
  };
}

function withQuery(path: string, params: Params = {}): string {
  const query = encodeForm(params).toString();
  return query === '' ? path : `${path}?${query}`;
}

/** All objects of a list, page by page. `onPage` hears how many there are so far. */
export async function fetchAll<T extends { id: string }>(
  client: Client,
  path: string,
  params: Params,
  { signal, onPage }: { signal?: AbortSignal; onPage?: (count: number) => void } = {},
): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const page = await client.get<List<T>>(path, { ...params, limit: 100, starting_after: after }, signal);
    found.push(...page.data);
    onPage?.(found.length);
    if (!page.has_more || page.data.length === 0) return found;
  }
}
