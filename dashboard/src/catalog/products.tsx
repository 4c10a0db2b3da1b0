import { Button, Text, Tooltip } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { usePath } from '../session/space.ts';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { Archived } from './archived.tsx';
import { When } from '../ui/when.tsx';
import { sayPrices, type SoldProduct, withPrices } from './prices_of.ts';
import { sayPrice } from './words.ts';

const COLUMNS: readonly Column<SoldProduct>[] = [
  { header: 'Name', cell: ({ name }) => name, value: ({ name }) => name },
  { header: 'Pricing', cell: (product) => <Pricing product={product} />, value: sayPrices },
  {
    header: 'Status',
    cell: ({ active }) => <Archived isActive={active} />,
    value: ({ active }) => (active ? 'active' : 'archived'),
    isMinor: true,
  },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="product ID" />, value: ({ id }) => id, isMinor: true },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
];

/** Several prices are told on hover, and on the page of the product. */
function Pricing({ product }: { readonly product: SoldProduct }) {
  const { prices, unit_label: label } = product;
  if (prices.length === 0) return <Text c="dimmed">No price</Text>;
  if (prices.length === 1) return <>{sayPrices(product)}</>;
  return (
    <Tooltip
      multiline
      label={prices.slice(0, 10).map((price) => (
        <div key={price.id}>{sayPrice(price, label)}</div>
      ))}
    >
      <span>{sayPrices(product)}</span>
    </Tooltip>
  );
}

export function Component() {
  const path = usePath();
  const create = path('/products/create');
  return (
    <Page
      title="Product catalog"
      actions={
        <Button component={Link} to={create} leftSection={<IconPlus size={16} aria-hidden />}>
          Create product
        </Button>
      }
    >
      <ResourceList
        path="/v1/products"
        noun="products"
        columns={COLUMNS}
        complete={withPrices}
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
        to={({ id }) => `/products/${id}`}
        empty={
          <Empty
            title="No products yet"
            action={
              <Button component={Link} to={create}>
                Create your first product
              </Button>
            }
            curl={
              <Curl
                path="/v1/prices"
                params={[
                  'currency=usd',
                  'unit_amount=4',
                  'transform_quantity[divide_by]=100',
                  'transform_quantity[round]=up',
                  'recurring[usage_type]=metered',
                  'recurring[interval]=month',
                  'recurring[meter]=mtr_…',
                  'product_data[name]=Alpaca AI',
                ]}
              />
            }
          >
            A product is what you sell; its prices say for how much. A usage-based price bills what a meter counts.
          </Empty>
        }
      />
    </Page>
  );
}
