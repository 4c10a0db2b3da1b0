import { expect, test } from 'vitest';
import { endAfter, NO_SETTINGS, settingsOf } from './schedule.ts';

const at = (time: string) => Temporal.Instant.from(time);

test.each([
  ['2026-01-31T09:00:00Z', 'month', 3, '2026-04-30T09:00:00Z'],
  // What starts on the last day of a short month ends with the anchor's day again.
  ['2026-04-30T09:00:00Z', 'month', 3, '2026-07-31T09:00:00Z'],
  ['2026-02-28T09:00:00Z', 'month', 1, '2026-03-31T09:00:00Z'],
  ['2026-01-31T09:00:00Z', 'week', 2, '2026-02-14T09:00:00Z'],
  ['2026-01-31T09:00:00Z', 'year', 2, '2028-01-31T09:00:00Z'],
  // What starts within a period is counted from its own start.
  ['2026-04-10T00:00:00Z', 'month', 1, '2026-05-10T00:00:00Z'],
] as const)('from %s on %s × %i lead to %s', (start, interval, intervalCount, end) => {
  const anchor = at('2026-01-31T09:00:00Z');
  expect(endAfter(at(start), { interval, intervalCount }, anchor).toString()).toBe(end);
});

test('a phase has the defaults of its schedule for what it does not say', () => {
  const defaults = {
    collectionMethod: 'send_invoice',
    daysUntilDue: 7,
    defaultPaymentMethodId: 'pm_1',
    description: 'of all',
    billingCycleAnchor: 'automatic',
    thresholds: { amount: 1000n, resetsAnchor: false },
    invoiceSettings: { customFields: null, description: 'Thanks', footer: 'Bye' },
  } as const;
  const nothing = NO_SETTINGS;
  expect(settingsOf({ defaults }, nothing)).toEqual(defaults);
  // Days to pay go with the way of collection that they were said for.
  expect(settingsOf({ defaults }, { ...nothing, collectionMethod: 'charge_automatically' }).daysUntilDue).toBeNull();
  expect(settingsOf({ defaults }, { ...nothing, daysUntilDue: 3 }).daysUntilDue).toBe(3);
  // Each of what invoices show is said by itself.
  const shown = { ...nothing, invoiceSettings: { customFields: null, description: null, footer: 'Later' } };
  expect(settingsOf({ defaults }, shown).invoiceSettings).toEqual({
    customFields: null,
    description: 'Thanks',
    footer: 'Later',
  });
});
