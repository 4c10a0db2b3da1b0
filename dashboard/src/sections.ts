import { catalog, coupons, taxRates } from './catalog/section.ts';
import { clocks } from './clocks/section.ts';
import { customers } from './customers/section.ts';
import { developers, requestLog } from './developers/section.ts';
import { events } from './events/section.ts';
import { home } from './home/section.ts';
import { invoices } from './invoices/section.ts';
import { meters } from './meters/section.ts';
import type { Section } from './section.ts';
import { subscriptions } from './subscriptions/section.ts';

/** All parts of the dashboard, in the order of the menu. A new one is a folder, and a line here. */
export const SECTIONS: readonly Section[] = [
  home,
  customers,
  subscriptions,
  invoices,
  catalog,
  meters,
  coupons,
  taxRates,
  clocks,
  events,
  requestLog,
  developers,
];
