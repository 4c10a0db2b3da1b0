import { decimalPlaces, formatDecimal } from '../money/decimal.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import { boolean, clearable, decimalAmount, list, metadata, oneOf, string, unserved } from '../stripe/params.types.ts';
import { defaultPriceData, productData } from './price.params.ts';

const MAX_DIMENSION_DECIMALS = 2;

const decimals = decimalAmount();

/** Inches or ounces. With 2 decimals a number holds every value of 8 digits as it was written. */
const dimension: ParamType<number> = {
  shape: decimals.shape,
  decode(node, path, problems) {
    const value = decimals.decode(node, path, problems);
    if (value === undefined) return undefined;
    if (decimalPlaces(value) <= MAX_DIMENSION_DECIMALS) return Number(formatDecimal(value));
    problems.range(path, `Invalid decimal: at most ${MAX_DIMENSION_DECIMALS} decimal places are allowed`);
    return undefined;
  },
};

const packageDimensions = object({
  height: required(dimension),
  length: required(dimension),
  weight: required(dimension),
  width: required(dimension),
});

const description = string({ max: 40_000 });
const images = list(string(), { max: 8 });
const marketingFeatures = list(object({ name: required(string({ max: 80 })) }), { max: 15 });

export const createProductParams = object({
  ...productData.fields,
  default_price_data: defaultPriceData,
  description,
  images,
  marketing_features: marketingFeatures,
  package_dimensions: packageDimensions,
  shippable: boolean(),
  // Goods belonged to an API that is gone; every product is a service.
  type: oneOf('service'),
  url: string(),
});

export type CreateProductParams = ParamsOf<typeof createProductParams>;

export const updateProductParams = object({
  active: boolean(),
  default_price: clearable(string()),
  description: clearable(description),
  images: clearable(images),
  marketing_features: clearable(marketingFeatures),
  metadata: clearable(metadata()),
  name: string(),
  package_dimensions: clearable(packageDimensions),
  shippable: boolean(),
  statement_descriptor: productData.fields.statement_descriptor,
  tax_code: unserved(),
  tax_details: unserved(),
  unit_label: clearable(productData.fields.unit_label),
  url: clearable(string()),
});

export type ProductChange = ParamsOf<typeof updateProductParams>;

export const listProductsParams = object({
  ...PAGING,
  active: boolean(),
  created: timeRange(),
  ids: list(string(), { max: 100 }),
  shippable: boolean(),
  type: oneOf('good', 'service'),
  url: string(),
});

export type ListProductsParams = ParamsOf<typeof listProductsParams>;
