import { findCustomer } from '../customers/customer.sql.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { object } from '../stripe/params.ts';
import { type Route, route } from '../stripe/route.ts';
import {
  createPromotionCodeParams,
  type ListPromotionCodesParams,
  listPromotionCodesParams,
  updatePromotionCodeParams,
} from './promotion_code.params.ts';
import { filterPromotionCodes, toPromotionCodes } from './promotion_code.sql.ts';
import { viewPromotionCode } from './promotion_code.view.ts';
import { requireCoupon } from './write_coupon.ts';
import { changePromotionCode, createPromotionCode, requirePromotionCode } from './write_promotion_code.ts';

const answers = { object: 'promotion_code' };

export const promotionCodeRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/promotion_codes',
    answers,
    params: createPromotionCodeParams,
    handle: async (context, params) => viewPromotionCode(context, await createPromotionCode(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/promotion_codes',
    answers: { list: 'promotion_code' },
    params: listPromotionCodesParams,
    handle: listPromotionCodes,
  }),
  route({
    method: 'GET',
    path: '/v1/promotion_codes/:promotion_code',
    answers,
    params: object({}),
    handle: async (context, _params, { promotion_code: id = '' }) =>
      viewPromotionCode(context, await requirePromotionCode(context, id, 'id')),
  }),
  route({
    method: 'POST',
    path: '/v1/promotion_codes/:promotion_code',
    answers,
    params: updatePromotionCodeParams,
    handle: async (context, params, { promotion_code: id = '' }) =>
      viewPromotionCode(context, await changePromotionCode(context, id, params)),
  }),
];

async function listPromotionCodes(context: Context, params: ListPromotionCodesParams) {
  const { coupon, customer } = params;
  const couponKey = coupon === undefined ? null : (await requireCoupon(context, coupon, 'coupon')).key;
  if (customer !== undefined && (await findCustomer(context, customer)) === undefined) {
    throw resourceMissing('customer', customer, 'customer');
  }
  const page = await listPage(context, {
    table: 'promotion_codes',
    kind: 'promotion code',
    paging: params,
    created: params.created,
    refine: (query) => filterPromotionCodes(query, params, { couponKey, now: context.now }),
  });
  const codes = await toPromotionCodes(context, page.rows);
  return listView(
    '/v1/promotion_codes',
    codes.map((code) => viewPromotionCode(context, code)),
    page.hasMore,
  );
}
