import { useMutation, useQuery, useQueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useSpace } from '../session/space.ts';
import { notifyDone, notifyFailure } from '../ui/notify.tsx';
import { type Client, clientOf } from './client.ts';
import type { ApiError } from './error.ts';
import type { Params } from './form.ts';

/** The API of the account that the page is about. */
export function useClient(): Client {
  const { account } = useSpace();
  return useMemo(() => clientOf(account.id), [account.id]);
}

type Options<T> = Pick<UseQueryOptions<T, ApiError>, 'enabled' | 'refetchInterval' | 'staleTime'>;

/** Reads one address of the API. */
export function useGet<T>(path: string, params: Params = {}, options: Options<T> = {}) {
  const client = useClient();
  const { account } = useSpace();
  return useQuery<T, ApiError>({
    queryKey: [account.id, path, params],
    queryFn: ({ signal }) => client.get<T>(path, params, signal),
    ...options,
  });
}

type ActionOptions<T> = {
  /** Said when it worked. */
  readonly done?: string | ((answer: T) => string);
  readonly onDone?: (answer: T) => void;
  /** True where the form itself shows what is wrong. */
  readonly isQuiet?: boolean;
  /** True where what the page shows is no more, and the page is left: nothing of it is read anew. */
  readonly isGone?: boolean;
};

/** Changes something. What the page shows is read anew afterwards: the server knows what else has changed with it. */
export function useAction<In, T>(act: (client: Client, input: In) => Promise<T>, options: ActionOptions<T> = {}) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation<T, ApiError, In>({
    mutationFn: (input) => act(client, input),
    onSuccess: (answer) => {
      void queries.invalidateQueries(options.isGone === true ? { refetchType: 'none' } : {});
      const { done } = options;
      if (done !== undefined) notifyDone(typeof done === 'string' ? done : done(answer));
      options.onDone?.(answer);
    },
    onError: (error) => {
      if (options.isQuiet !== true) notifyFailure(error);
    },
  });
}
