import type Stripe from 'stripe';
import { nameOfCustomer } from '../customers/name.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { Facts } from '../ui/facts.tsx';
import { formatDate, titleOf } from '../ui/format.ts';
import { Go } from '../ui/go.tsx';
import { Money } from '../ui/money.tsx';
import { Panel } from '../ui/panel.tsx';
import { idOf } from '../ui/id_of.ts';
import { When } from '../ui/when.tsx';
import { periodOf } from './columns.tsx';

/** What a subscription says beside its items. */
export function Details({ subscription }: { readonly subscription: Stripe.Subscription }) {
  const { customer, currency } = subscription;
  const period = periodOf(subscription);
  return (
    <Panel title="Details">
      <Facts
        of={[
          [
            'Customer',
            <Go key="customer" to={`/customers/${idOf(customer) ?? ''}`}>
              {nameOfCustomer(customer)}
            </Go>,
          ],
          ['Current period', period && `${formatDate(period.start)} – ${formatDate(period.end)}`],
          ['Started', <When key="started" at={subscription.start_date} />],
          ['Created', <When key="created" at={subscription.created} />],
          ...timeFacts(subscription),
          ['Collection method', collectionWords(subscription)],
          ['Billing mode', titleOf(subscription.billing_mode.type)],
          ...thresholdFacts(subscription),
          ['Discounts', discountWords(subscription)],
          ['Taxes', taxWords(subscription)],
          ['Currency', currency.toUpperCase()],
          ['Description', subscription.description ?? undefined],
          ['Test clock', clockOf(subscription)],
        ]}
      />
    </Panel>
  );
}

type Fact = readonly [string, React.ReactNode];

function timeFacts({ trial_end: trial, ended_at: ended, canceled_at: canceled, status }: Stripe.Subscription): Fact[] {
  return [
    ['Trial ends', status === 'trialing' ? <When key="trial" at={trial} as="time" /> : undefined],
    ['Canceled', canceled === null ? undefined : <When key="canceled" at={canceled} />],
    ['Ended', ended === null ? undefined : <When key="ended" at={ended} />],
  ];
}

function thresholdFacts({ billing_thresholds: thresholds, currency }: Stripe.Subscription): Fact[] {
  if (thresholds === null) return [];
  return [['Billing threshold', <Money key="threshold" amount={thresholds.amount_gte} currency={currency} />]];
}

function collectionWords({ collection_method: method, days_until_due: days }: Stripe.Subscription): string {
  return method === 'send_invoice' ? `Send invoice, due after ${days} days` : 'Charge automatically';
}

function discountWords({ discounts }: Stripe.Subscription): string | undefined {
  if (discounts.length === 0) return undefined;
  return discounts.map((discount) => (typeof discount === 'string' ? discount : couponOf(discount))).join(', ');
}

function couponOf({ source, id }: Stripe.Discount): string {
  const { coupon } = source;
  if (coupon === null || typeof coupon === 'string') return coupon ?? id;
  return coupon.name ?? coupon.id;
}

function taxWords({ default_tax_rates: rates }: Stripe.Subscription): string | undefined {
  if (rates == null || rates.length === 0) return undefined;
  return rates.map(({ display_name: name, percentage }) => `${name} (${percentage} %)`).join(', ');
}

function clockOf({ test_clock: clock }: Stripe.Subscription) {
  const id = idOf(clock);
  return id === undefined ? undefined : <CopyId id={id} label="test clock ID" />;
}
