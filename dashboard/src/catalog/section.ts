import { IconDiscount2, IconPackage, IconReceiptTax } from '@tabler/icons-react';
import type { Section } from '../section.ts';

export const catalog: Section = {
  label: 'Product catalog',
  icon: IconPackage,
  path: '/products',
  also: ['/prices'],
  group: 'billing',
  routes: [
    { path: 'products', lazy: () => import('./products.tsx') },
    { path: 'products/create', lazy: () => import('./create_product.tsx') },
    { path: 'products/:id', lazy: () => import('./product.tsx') },
    { path: 'products/:id/add-price', lazy: () => import('./add_price.tsx') },
    { path: 'prices/:id', lazy: () => import('./price.tsx') },
  ],
};

export const coupons: Section = {
  label: 'Coupons',
  icon: IconDiscount2,
  path: '/coupons',
  group: 'billing',
  routes: [
    { path: 'coupons', lazy: () => import('./coupons.tsx') },
    { path: 'coupons/:id', lazy: () => import('./coupon.tsx') },
  ],
};

export const taxRates: Section = {
  label: 'Tax rates',
  icon: IconReceiptTax,
  path: '/tax-rates',
  group: 'billing',
  routes: [{ path: 'tax-rates', lazy: () => import('./tax_rates.tsx') }],
};
