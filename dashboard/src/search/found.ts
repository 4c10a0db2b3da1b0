import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type Stripe from 'stripe';
import type { Client, List } from '../api/client.ts';
import { useClient } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';
import { formatMoney } from '../ui/format.ts';
import { findPage, isObjectId } from '../ui/object_path.ts';

/** Something that a search leads to. */
type Hit = { readonly label: string; readonly about: string; readonly path: string };
export type Hits = { readonly kind: string; readonly hits: readonly Hit[] };

const SHOWN = 5;
const PAUSE_MS = 200;
/** What the API's search asks of a part of a text. */
const MIN_CHARACTERS = 3;

/** What the account has by an id, a name, an address, or a number. */
export function useFound(typed: string) {
  const client = useClient();
  const { account } = useSpace();
  const [text] = useDebouncedValue(typed.trim(), PAUSE_MS);
  // What was found for a former text is no answer to this one, and Enter would lead to it.
  const isCurrent = typed.trim() === text;
  const isEnough = isCurrent && text.length >= MIN_CHARACTERS;
  const found = useQuery<readonly Hits[]>({
    queryKey: [account.id, 'search', text],
    queryFn: () => (isObjectId(text) ? findId(client, text) : findText(client, text)),
    enabled: isEnough,
    retry: false,
  });
  const isWaiting = !isCurrent || found.isFetching;
  return { hits: isEnough ? (found.data ?? []) : [], error: isEnough ? found.error : null, isWaiting };
}

async function findId(client: Client, id: string): Promise<readonly Hits[]> {
  const path = await findPage(client, id);
  if (path === undefined) return [];
  return [{ kind: 'By ID', hits: [{ label: id, about: 'Go to its page', path }] }];
}

async function findText(client: Client, text: string): Promise<readonly Hits[]> {
  const quoted = `"${text.replaceAll(/["\\]/g, '')}"`;
  const search = async <T>(resource: string, query: string) =>
    (await client.get<List<T>>(`/v1/${resource}/search`, { query, limit: SHOWN })).data;
  const [customers, invoices, products, prices, subscriptions] = await Promise.all([
    search<Stripe.Customer>('customers', `name~${quoted} OR email~${quoted}`),
    search<Stripe.Invoice>('invoices', `number~${quoted}`),
    search<Stripe.Product>('products', `name~${quoted}`),
    search<Stripe.Price>('prices', `lookup_key~${quoted}`),
    SUBSCRIPTION_STATES.has(text) ? search<Stripe.Subscription>('subscriptions', `status:${quoted}`) : [],
  ]);
  return [
    { kind: 'Customers', hits: customers.map(customerHit) },
    { kind: 'Invoices', hits: invoices.map(invoiceHit) },
    { kind: 'Products', hits: products.map(({ id, name }) => ({ label: name, about: id, path: `/products/${id}` })) },
    {
      kind: 'Prices',
      hits: prices.map(({ id, lookup_key: key }) => ({ label: key ?? id, about: id, path: `/prices/${id}` })),
    },
    {
      kind: 'Subscriptions',
      hits: subscriptions.map(({ id, status }) => ({ label: id, about: status, path: `/subscriptions/${id}` })),
    },
  ].filter(({ hits }) => hits.length > 0);
}

const SUBSCRIPTION_STATES = new Set(['active', 'canceled', 'incomplete', 'past_due', 'paused', 'trialing', 'unpaid']);

function customerHit({ id, name, email }: Stripe.Customer): Hit {
  return { label: name ?? email ?? id, about: email ?? id, path: `/customers/${id}` };
}

function invoiceHit({ id, number, total, currency, customer_name: name }: Stripe.Invoice): Hit {
  const about = [name, formatMoney(total, currency)].filter(Boolean).join(' · ');
  return { label: number ?? id, about, path: `/invoices/${id}` };
}
