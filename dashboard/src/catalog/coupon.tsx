import { Anchor, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useNavigate, useParams } from 'react-router';
import type Stripe from 'stripe';
import type { List } from '../api/client.ts';
import { useAction, useGet } from '../api/hooks.ts';
import { usePath } from '../session/space.ts';
import { Confirm } from '../ui/confirm.tsx';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { Failure } from '../ui/failure.tsx';
import { formatMoney } from '../ui/format.ts';
import { metadataFacts } from '../ui/metadata_field.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { When } from '../ui/when.tsx';
import { sayCoupon, sayRedemptions } from './coupon_words.ts';
import { EditCoupon } from './edit_coupon.tsx';
import { PromotionCodes } from './promotion_codes.tsx';
import { Redeemable } from './redeemable.tsx';

const CRUMBS = [['Coupons', '/coupons']] as const;

export function Component() {
  const { id = '' } = useParams();
  const address = `/v1/coupons/${encodeURIComponent(id)}`;
  const [isEdited, { open, close }] = useDisclosure();
  const coupon = useGet<Stripe.Coupon>(address, { expand: ['applies_to', 'currency_options'] });
  if (coupon.error !== null) {
    return (
      <Page title="Coupon" crumbs={CRUMBS}>
        <Failure error={coupon.error} retry={() => void coupon.refetch()} what="This coupon" />
      </Page>
    );
  }
  const { data } = coupon;
  return (
    <Page
      title={data?.name ?? id}
      crumbs={CRUMBS}
      beside={
        <>
          {data !== undefined && <Redeemable is={data.valid} />}
          <CopyId id={id} label="coupon ID" />
        </>
      }
      actions={
        data !== undefined && (
          <>
            <Delete coupon={data} />
            <Button variant="default" onClick={open}>
              Edit coupon
            </Button>
          </>
        )
      }
    >
      <Panel title="Details">{data !== undefined && <Details coupon={data} />}</Panel>
      <PromotionCodes couponId={id} />
      {data !== undefined && isEdited && <EditCoupon coupon={data} onClose={close} />}
    </Page>
  );
}

function Details({ coupon }: { readonly coupon: Stripe.Coupon }) {
  const { amount_off: amount, currency, currency_options: options = {} } = coupon;
  const others = Object.entries(options).filter(([other]) => other !== currency);
  return (
    <Facts
      of={[
        ['Terms', sayCoupon(coupon)],
        [
          'In other currencies',
          amount === null || others.length === 0
            ? undefined
            : others.map(([other, { amount_off: off }]) => formatMoney(off, other)).join(', '),
        ],
        ['Products', <AppliesTo key="products" ids={coupon.applies_to?.products} />],
        ['Redeemed', sayRedemptions(coupon.times_redeemed, coupon.max_redemptions)],
        ['Redeem by', coupon.redeem_by === null ? 'No end' : <When key="by" at={coupon.redeem_by} as="time" />],
        ['Created', <When key="created" at={coupon.created} />],
        ...metadataFacts(coupon.metadata ?? {}),
      ]}
    />
  );
}

function AppliesTo({ ids }: { readonly ids: readonly string[] | undefined }) {
  const path = usePath();
  const products = useGet<List<Stripe.Product>>('/v1/products', { ids, limit: 100 }, { enabled: ids !== undefined });
  if (ids === undefined) return <>All products</>;
  const names = new Map(products.data?.data.map(({ id, name }) => [id, name]));
  return (
    <>
      {ids.map((id, place) => (
        <span key={id}>
          {place > 0 && ', '}
          <Anchor inherit component={Link} to={path(`/products/${id}`)}>
            {names.get(id) ?? id}
          </Anchor>
        </span>
      ))}
    </>
  );
}

function Delete({ coupon }: { readonly coupon: Stripe.Coupon }) {
  const [opened, { open, close }] = useDisclosure();
  const navigate = useNavigate();
  const path = usePath();
  const remove = useAction((client, id: string) => client.remove(`/v1/coupons/${encodeURIComponent(id)}`), {
    done: 'Coupon deleted',
    onDone: () => void navigate(path('/coupons')),
    isQuiet: true,
    isGone: true,
  });
  return (
    <>
      <Button variant="default" onClick={open}>
        Delete coupon
      </Button>
      <Confirm
        title="Delete coupon"
        submit="Delete coupon"
        opened={opened}
        onClose={close}
        onConfirm={() => remove.mutate(coupon.id)}
        isPending={remove.isPending}
        error={remove.error}
      >
        Nobody can redeem it any more, nor its promotion codes. Who has redeemed it keeps the discount.
      </Confirm>
    </>
  );
}
