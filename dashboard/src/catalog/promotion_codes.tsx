import { Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArchive, IconCopy, IconPlus, IconRestore } from '@tabler/icons-react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { copyText } from '../ui/clipboard.ts';
import type { Column } from '../ui/columns.ts';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { formatMoney } from '../ui/format.ts';
import { ResourceList } from '../ui/resource_list.tsx';
import { RowMenu } from '../ui/row_menu.tsx';
import { Status } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';
import { sayRedemptions } from './coupon_words.ts';
import { CreatePromotionCode } from './create_promotion_code.tsx';

const ICON = { size: 16, 'aria-hidden': true } as const;

const COLUMNS: readonly Column<Stripe.PromotionCode>[] = [
  { header: 'Code', cell: ({ code }) => code, value: ({ code }) => code },
  {
    header: 'Status',
    cell: ({ active }) => <Status of={active ? 'active' : 'inactive'} />,
    value: ({ active }) => (active ? 'active' : 'inactive'),
  },
  {
    header: 'Redeemed',
    cell: ({ times_redeemed: times, max_redemptions: max }) => sayRedemptions(times, max),
    value: ({ times_redeemed: times }) => times,
    isMinor: true,
  },
  { header: 'Only for', cell: sayRestrictions, value: sayRestrictions, isMinor: true },
  {
    header: 'Expires',
    cell: ({ expires_at: at }) => <When at={at} />,
    value: ({ expires_at: at }) => at,
    isMinor: true,
  },
  { header: '', align: 'right', cell: (code) => <Actions code={code} /> },
];

function sayRestrictions({ customer, restrictions }: Stripe.PromotionCode): string {
  const { first_time_transaction: isFirst, minimum_amount: least, minimum_amount_currency: currency } = restrictions;
  const said = [
    typeof customer === 'string' ? customer : undefined,
    isFirst ? 'first orders' : undefined,
    least !== null && currency !== null ? `${formatMoney(least, currency)} and more` : undefined,
  ].filter((part) => part !== undefined);
  return said.length === 0 ? 'Everybody' : said.join(', ');
}

function Actions({ code: { id, code, active } }: { readonly code: Stripe.PromotionCode }) {
  const change = useAction(
    (client) => client.post<Stripe.PromotionCode>(`/v1/promotion_codes/${id}`, { active: !active }),
    { done: active ? 'Promotion code deactivated' : 'Promotion code activated' },
  );
  return (
    <RowMenu label="Promotion code actions">
      <Menu.Item leftSection={<IconCopy {...ICON} />} onClick={() => void copyText(code, 'Code')}>
        Copy code
      </Menu.Item>
      <Menu.Item leftSection={<IconCopy {...ICON} />} onClick={() => void copyText(id, 'Promotion code ID')}>
        Copy promotion code ID
      </Menu.Item>
      <Menu.Item
        leftSection={active ? <IconArchive {...ICON} /> : <IconRestore {...ICON} />}
        onClick={() => change.mutate(undefined)}
      >
        {active ? 'Deactivate' : 'Activate'}
      </Menu.Item>
    </RowMenu>
  );
}

/** The codes by which customers redeem a coupon. */
export function PromotionCodes({ couponId }: { readonly couponId: string }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <ResourceList
        title="Promotion codes"
        path="/v1/promotion_codes"
        params={{ coupon: couponId }}
        noun="promotion codes"
        columns={COLUMNS}
        filters={[
          { param: 'code', label: 'Code' },
          {
            param: 'active',
            label: 'Status',
            options: [
              ['true', 'Active'],
              ['false', 'Inactive'],
            ],
          },
        ]}
        actions={
          <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={open}>
            Create promotion code
          </Button>
        }
        empty={
          <Empty
            title="No promotion codes yet"
            curl={
              <Curl
                path="/v1/promotion_codes"
                params={['promotion[type]=coupon', `promotion[coupon]=${couponId}`, 'code=WELCOME']}
              />
            }
          >
            Customers type a promotion code to get the discount; your code can also apply the coupon by its ID.
          </Empty>
        }
      />
      {opened && <CreatePromotionCode couponId={couponId} onClose={close} />}
    </>
  );
}
