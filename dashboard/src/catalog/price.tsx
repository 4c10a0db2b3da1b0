import { Anchor, Button, Code, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useParams } from 'react-router';
import type Stripe from 'stripe';
import { useGet } from '../api/hooks.ts';
import type { Meter } from '../meters/meter.ts';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatNumber, titleOf } from '../ui/format.ts';
import { metadataFacts } from '../ui/metadata_field.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { Archived } from './archived.tsx';
import { modelOf } from './cost.ts';
import { EditPrice } from './edit_price.tsx';
import { PriceMenu } from './price_menu.tsx';
import { PricePreview } from './price_preview.tsx';
import { PriceTiers } from './price_tiers.tsx';
import { sayPeriod, sayPrice } from './words.ts';
import classes from './catalog.module.css';

/** A price with its product, its tiers and all its currencies. */
type FullPrice = Omit<Stripe.Price, 'product'> & { readonly product: Stripe.Product };

export function Component() {
  const { id = '' } = useParams();
  const [isEdited, { open, close }] = useDisclosure();
  const price = useGet<FullPrice>(`/v1/prices/${id}`, { expand: ['product', 'tiers', 'currency_options'] });
  const { data, error } = price;
  if (error !== null) {
    return (
      <Page title="Price" crumbs={[['Product catalog', '/products']]}>
        <Failure error={error} retry={() => void price.refetch()} what="This price" />
      </Page>
    );
  }
  const plain = data && { ...data, product: data.product.id };
  return (
    <Page
      title={plain === undefined ? 'Price' : sayPrice(plain, data?.product.unit_label)}
      crumbs={[
        ['Product catalog', '/products'],
        ...(data === undefined ? [] : [[data.product.name, `/products/${data.product.id}`] as const]),
      ]}
      beside={
        <>
          {data !== undefined && <Archived isActive={data.active} />}
          <CopyId id={id} label="price ID" />
        </>
      }
      actions={
        plain !== undefined && (
          <>
            <Button variant="default" onClick={open}>
              Edit price
            </Button>
            <PriceMenu price={plain} isDefault={data?.product.default_price === id} />
          </>
        )
      }
    >
      {data !== undefined && plain !== undefined && (
        <div className={classes.columns}>
          <div className={classes.stack}>
            <Details price={data} />
            <PriceTiers price={plain} />
            <Subscriptions priceId={id} />
          </div>
          <div className={classes.aside}>
            <PricePreview
              model={modelOf(plain)}
              currency={data.currency}
              unitLabel={data.product.unit_label}
              isUsage={data.recurring?.usage_type === 'metered'}
            />
          </div>
        </div>
      )}
      {plain !== undefined && isEdited && <EditPrice price={plain} onClose={close} />}
    </Page>
  );
}

function Details({ price }: { readonly price: FullPrice }) {
  const path = usePath();
  const { recurring, product, transform_quantity: transform } = price;
  const filter = useDimensions(price);
  return (
    <Panel title="Details">
      <Facts
        of={[
          [
            'Product',
            <Anchor key="product" inherit component={Link} to={path(`/products/${product.id}`)}>
              {product.name}
            </Anchor>,
          ],
          ['Pricing model', modelWords(price)],
          [
            'Packages',
            transform === null
              ? undefined
              : `${formatNumber(transform.divide_by)} units; what is begun ${transform.round === 'up' ? 'counts whole' : 'is free'}`,
          ],
          ['Meter', recurring?.meter ? <MeterLink key="meter" id={recurring.meter} /> : undefined],
          ['Only usage where', filter && <Dimensions key="dimensions" values={filter} />],
          [
            'Billing period',
            recurring === null ? 'Charged once' : sayPeriod(recurring.interval, recurring.interval_count),
          ],
          [
            'Currencies',
            Object.keys(price.currency_options ?? {})
              .join(', ')
              .toUpperCase() || price.currency.toUpperCase(),
          ],
          ['Tax behavior', price.tax_behavior === 'unspecified' ? 'Not chosen' : titleOf(price.tax_behavior ?? '')],
          ['Nickname', price.nickname],
          ['Lookup key', price.lookup_key === null ? null : <Code key="key">{price.lookup_key}</Code>],
          ['Created', <When key="created" at={price.created} />],
          ...metadataFacts(price.metadata),
        ]}
      />
    </Panel>
  );
}

function modelWords(price: FullPrice): string {
  const structure =
    price.billing_scheme === 'tiered'
      ? `${titleOf(price.tiers_mode ?? '')} tiers`
      : price.transform_quantity !== null
        ? 'Per package'
        : 'Per unit';
  if (price.recurring?.usage_type === 'metered') return `Usage-based, ${structure.toLowerCase()}`;
  return structure === 'Per unit' ? 'Flat rate' : structure;
}

function MeterLink({ id }: { readonly id: string }) {
  const path = usePath();
  const meter = useGet<Meter>(`/v1/usance/meters/${id}`);
  return (
    <Anchor inherit component={Link} to={path(`/meters/${id}`)}>
      {meter.data?.display_name ?? id}
    </Anchor>
  );
}

/** Prices of our own may rate the usage of some dimension values only. */
function useDimensions({ id, recurring }: FullPrice) {
  const isMetered = recurring?.usage_type === 'metered';
  const { data } = useGet<{ dimension_filter: Record<string, string> }>(
    `/v1/usance/prices/${id}`,
    {},
    { enabled: isMetered },
  );
  const values = Object.entries(data?.dimension_filter ?? {});
  return values.length === 0 ? undefined : values;
}

function Dimensions({ values }: { readonly values: readonly (readonly [string, string])[] }) {
  return (
    <Group gap="xs">
      {values.map(([key, value]) => (
        <Code key={key}>
          {key} = {value}
        </Code>
      ))}
    </Group>
  );
}

type Subscribed = Omit<Stripe.Subscription, 'customer'> & {
  readonly customer: Stripe.Customer | Stripe.DeletedCustomer;
};

const SUBSCRIBED: readonly Column<Subscribed>[] = [
  { header: 'Customer', cell: ({ customer }) => nameOf(customer), value: ({ customer }) => nameOf(customer) },
  { header: 'Status', cell: ({ status }) => <Status of={status} />, value: ({ status }) => status },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="subscription ID" />, value: ({ id }) => id, isMinor: true },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
];

function nameOf(customer: Subscribed['customer']): string {
  return customer.deleted === true ? customer.id : (customer.name ?? customer.email ?? customer.id);
}

function Subscriptions({ priceId }: { readonly priceId: string }) {
  return (
    <ResourceList
      title="Subscriptions"
      path="/v1/subscriptions"
      params={{ price: priceId, status: 'all', expand: ['data.customer'] }}
      noun="subscriptions"
      columns={SUBSCRIBED}
      to={({ id }) => `/subscriptions/${id}`}
      empty={
        <Empty
          title="Nobody has subscribed to this price"
          curl={<Curl path="/v1/subscriptions" params={['customer=cus_…', `items[0][price]=${priceId}`]} />}
        >
          Create a subscription with this price, and it is billed each period. What is on a test clock is listed with
          its clock.
        </Empty>
      }
    />
  );
}
