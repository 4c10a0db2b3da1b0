import { Badge, Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { Link, useNavigate, useParams } from 'react-router';
import type Stripe from 'stripe';
import { useAction, useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { Confirm } from '../ui/confirm.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { metadataFacts } from '../ui/metadata_field.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { When } from '../ui/when.tsx';
import { Archived } from './archived.tsx';
import { EditProduct } from './edit_product.tsx';
import { PriceMenu } from './price_menu.tsx';
import { sayPrice } from './words.ts';

const CRUMBS = [['Product catalog', '/products']] as const;

export function Component() {
  const { id = '' } = useParams();
  const path = usePath();
  const [isEdited, { open, close }] = useDisclosure();
  const product = useGet<Stripe.Product>(`/v1/products/${id}`);
  const archive = useAction(
    (client, active: boolean) => client.post<Stripe.Product>(`/v1/products/${id}`, { active }),
    { done: ({ active }) => (active ? 'Product restored' : 'Product archived') },
  );
  if (product.error !== null) {
    return (
      <Page title="Product" crumbs={CRUMBS}>
        <Failure error={product.error} retry={() => void product.refetch()} what="This product" />
      </Page>
    );
  }
  const { data } = product;
  return (
    <Page
      title={data?.name ?? 'Product'}
      crumbs={CRUMBS}
      beside={
        <>
          {data !== undefined && <Archived isActive={data.active} />}
          <CopyId id={id} label="product ID" />
        </>
      }
      actions={
        data !== undefined && (
          <>
            <Delete product={data} />
            <Button variant="default" loading={archive.isPending} onClick={() => archive.mutate(!data.active)}>
              {data.active ? 'Archive product' : 'Restore product'}
            </Button>
            <Button variant="default" onClick={open}>
              Edit product
            </Button>
          </>
        )
      }
    >
      <Panel title="Details">
        <Facts
          of={[
            ['Description', data?.description],
            ['Unit label', data?.unit_label],
            ['Created', <When key="created" at={data?.created} />],
            ...metadataFacts(data?.metadata),
          ]}
        />
      </Panel>
      <ResourceList
        title="Pricing"
        path="/v1/prices"
        params={{ product: id }}
        noun="prices"
        columns={columnsOf(data)}
        filters={[
          {
            param: 'active',
            label: 'Status',
            options: [
              ['true', 'Active'],
              ['false', 'Archived'],
            ],
          },
        ]}
        to={(price) => `/prices/${price.id}`}
        actions={
          <Button
            component={Link}
            to={path(`/products/${id}/add-price`)}
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
          >
            Add another price
          </Button>
        }
        empty={
          <Empty
            title="No prices yet"
            action={
              <Button component={Link} to={path(`/products/${id}/add-price`)}>
                Add a price
              </Button>
            }
            curl={
              <Curl
                path="/v1/prices"
                params={[`product=${id}`, 'currency=usd', 'unit_amount=2000', 'recurring[interval]=month']}
              />
            }
          >
            Customers subscribe to prices. A product can have many: per month and per year, for seats and for usage.
          </Empty>
        }
      />
      {data !== undefined && isEdited && <EditProduct product={data} onClose={close} />}
    </Page>
  );
}

function columnsOf(product: Stripe.Product | undefined): readonly Column<Stripe.Price>[] {
  const label = product?.unit_label;
  return [
    {
      header: 'Price',
      cell: (price) => (
        <Group gap="xs" wrap="nowrap" component="span">
          <span>{sayPrice(price, label)}</span>
          {price.id === product?.default_price && (
            <Badge variant="light" color="indigo" radius="sm" tt="none">
              Default
            </Badge>
          )}
        </Group>
      ),
      value: (price) => sayPrice(price, label),
    },
    {
      header: 'Nickname',
      cell: ({ nickname, lookup_key: key }) =>
        nickname ??
        (key === null ? (
          '—'
        ) : (
          <Text size="sm" c="dimmed">
            {key}
          </Text>
        )),
      value: ({ nickname }) => nickname,
      isMinor: true,
    },
    { header: 'ID', cell: ({ id }) => <CopyId id={id} label="price ID" />, value: ({ id }) => id, isMinor: true },
    {
      header: 'Status',
      cell: ({ active }) => <Archived isActive={active} />,
      value: ({ active }) => (active ? 'active' : 'archived'),
      isMinor: true,
    },
    { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
    {
      header: '',
      align: 'right',
      cell: (price) => <PriceMenu price={price} isDefault={price.id === product?.default_price} />,
    },
  ];
}

/** What has prices can only be archived: invoices go on naming it. */
function Delete({ product }: { readonly product: Stripe.Product }) {
  const [opened, { open, close }] = useDisclosure();
  const navigate = useNavigate();
  const path = usePath();
  const prices = useGet<{ data: readonly unknown[] }>('/v1/prices', { product: product.id, limit: 1 });
  const remove = useAction((client, id: string) => client.remove(`/v1/products/${id}`), {
    done: 'Product deleted',
    onDone: () => void navigate(path('/products')),
    isQuiet: true,
    isGone: true,
  });
  if (prices.data?.data.length !== 0) return null;
  return (
    <>
      <Button variant="default" onClick={open}>
        Delete product
      </Button>
      <Confirm
        title="Delete product"
        submit="Delete product"
        opened={opened}
        onClose={close}
        onConfirm={() => remove.mutate(product.id)}
        isPending={remove.isPending}
        error={remove.error}
      >
        {product.name} has no prices, so nothing refers to it. It can’t be brought back.
      </Confirm>
    </>
  );
}
