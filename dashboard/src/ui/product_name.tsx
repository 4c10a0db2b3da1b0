import { useQuery } from '@tanstack/react-query';
import type Stripe from 'stripe';
import type { Client, List } from '../api/client.ts';
import { useClient } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';

type Waiting = { readonly ids: Set<string>; readonly answer: Promise<ReadonlyMap<string, string>> };

const MAX_IDS = 100;

const waiting = new Map<Client, Waiting>();

/** The names of products that are asked for at the same moment come by one request. */
async function nameOf(client: Client, id: string): Promise<string> {
  let batch = waiting.get(client);
  if (batch === undefined || batch.ids.size >= MAX_IDS) {
    const ids = new Set<string>();
    batch = { ids, answer: Promise.resolve().then(() => readNames(client, ids)) };
    waiting.set(client, batch);
  }
  batch.ids.add(id);
  return (await batch.answer).get(id) ?? id;
}

async function readNames(client: Client, ids: Set<string>): Promise<ReadonlyMap<string, string>> {
  // Effects of one drawing run together: what comes later is asked for by the next request.
  await new Promise((resolve) => setTimeout(resolve));
  waiting.delete(client);
  const { data } = await client.get<List<Stripe.Product>>('/v1/products', { ids: [...ids], limit: MAX_IDS });
  return new Map(data.map((product) => [product.id, product.name]));
}

/** The name of a product, or its id until it is known. */
export function ProductName({ id }: { readonly id: string }) {
  const client = useClient();
  const { account } = useSpace();
  const { data } = useQuery({
    queryKey: [account.id, 'product name', id],
    queryFn: () => nameOf(client, id),
    staleTime: 60_000,
  });
  return <>{data ?? '…'}</>;
}
