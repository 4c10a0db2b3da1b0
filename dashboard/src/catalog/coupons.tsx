import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import type Stripe from 'stripe';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Curl } from '../ui/curl.tsx';
import { Empty } from '../ui/empty.tsx';
import { Page } from '../ui/page.tsx';
import { ResourceList } from '../ui/resource_list.tsx';
import { When } from '../ui/when.tsx';
import { sayCoupon, sayRedemptions } from './coupon_words.ts';
import { CreateCoupon } from './create_coupon.tsx';
import { Redeemable } from './redeemable.tsx';

const COLUMNS: readonly Column<Stripe.Coupon>[] = [
  { header: 'Coupon', cell: ({ name, id }) => name ?? id, value: ({ name, id }) => name ?? id },
  { header: 'Terms', cell: sayCoupon, value: sayCoupon },
  {
    header: 'Redeemed',
    cell: ({ times_redeemed: times, max_redemptions: max }) => sayRedemptions(times, max),
    value: ({ times_redeemed: times }) => times,
    isMinor: true,
  },
  {
    header: 'Status',
    cell: ({ valid }) => <Redeemable is={valid} />,
    value: ({ valid }) => (valid ? 'valid' : 'not valid'),
    isMinor: true,
  },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="coupon ID" />, value: ({ id }) => id, isMinor: true },
  {
    header: 'Redeem by',
    cell: ({ redeem_by: at }) => <When at={at} as="date" />,
    value: ({ redeem_by: at }) => at,
    isMinor: true,
  },
  { header: 'Created', cell: ({ created }) => <When at={created} />, value: ({ created }) => created, isMinor: true },
];

export function Component() {
  const [opened, { open, close }] = useDisclosure();
  return (
    <Page
      title="Coupons"
      actions={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
          Create coupon
        </Button>
      }
    >
      <ResourceList
        path="/v1/coupons"
        noun="coupons"
        columns={COLUMNS}
        to={({ id }) => `/coupons/${encodeURIComponent(id)}`}
        empty={
          <Empty
            title="No coupons yet"
            action={<Button onClick={open}>Create your first coupon</Button>}
            curl={<Curl path="/v1/coupons" params={['percent_off=25', 'duration=repeating', 'duration_in_months=3']} />}
          >
            A coupon takes something off the invoices of whoever has it. Customers redeem it by a promotion code.
          </Empty>
        }
      />
      {opened && <CreateCoupon onClose={close} />}
    </Page>
  );
}
