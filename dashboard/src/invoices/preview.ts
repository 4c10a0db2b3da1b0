import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type Stripe from 'stripe';
import { fetchAll } from '../api/client.ts';
import type { ApiError } from '../api/error.ts';
import type { Params } from '../api/form.ts';
import { useClient } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';

/** What would be billed, as the API computes it; null: not asked yet. What was shown stays until the next is there. */
export function usePreview(params: Params | null) {
  const client = useClient();
  const { account } = useSpace();
  return useQuery<Stripe.Invoice, ApiError>({
    queryKey: [account.id, '/v1/invoices/create_preview', params],
    queryFn: async () => await client.post<Stripe.Invoice>('/v1/invoices/create_preview', params ?? {}),
    enabled: params !== null,
    placeholderData: params === null ? undefined : keepPreviousData,
  });
}

/** All lines of an invoice: it tells its first itself. */
export function useLines(invoice: Stripe.Invoice | undefined) {
  const client = useClient();
  const { account } = useSpace();
  const hasMore = invoice?.lines.has_more === true;
  const rest = useQuery<Stripe.InvoiceLineItem[], ApiError>({
    queryKey: [account.id, 'lines of', invoice?.id, invoice?.total],
    queryFn: ({ signal }) =>
      fetchAll<Stripe.InvoiceLineItem>(client, `/v1/invoices/${invoice?.id}/lines`, {}, { signal }),
    enabled: hasMore,
  });
  return hasMore ? (rest.data ?? invoice.lines.data) : (invoice?.lines.data ?? []);
}
