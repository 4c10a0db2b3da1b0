import { listPage, listView } from '../stripe/lists.ts';
import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import { createCouponParams, listCouponsParams, updateCouponParams } from './coupon.params.ts';
import { toCoupon } from './coupon.sql.ts';
import { viewCoupon } from './coupon.view.ts';
import { changeCoupon, createCoupon, deleteCoupon, requireCoupon } from './write_coupon.ts';

const answers = { object: 'coupon' };
const noParams = object({});

export const couponRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/coupons',
    answers,
    params: createCouponParams,
    handle: async (context, params) => viewCoupon(context, await createCoupon(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/coupons',
    answers: { list: 'coupon' },
    params: listCouponsParams,
    async handle(context, params) {
      const page = await listPage(context, {
        table: 'coupons',
        kind: 'coupon',
        paging: params,
        created: params.created,
        sequence: 'key',
        refine: (query) => query.where('deleted_at', 'is', null),
      });
      const data = page.rows.map((row) => viewCoupon(context, toCoupon(row)));
      return listView('/v1/coupons', data, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/coupons/:coupon',
    answers,
    params: noParams,
    handle: async (context, _params, { coupon = '' }) =>
      viewCoupon(context, await requireCoupon(context, coupon, 'id')),
  }),
  route({
    method: 'POST',
    path: '/v1/coupons/:coupon',
    answers,
    params: updateCouponParams,
    handle: async (context, params, { coupon = '' }) =>
      viewCoupon(context, await changeCoupon(context, coupon, params)),
  }),
  route({
    method: 'DELETE',
    path: '/v1/coupons/:coupon',
    answers,
    params: noParams,
    handle: async (context, _params, { coupon = '' }) => await deleteCoupon(context, coupon),
  }),
];
