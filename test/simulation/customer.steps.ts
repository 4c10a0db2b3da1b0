import type { Random } from '../crash/random.ts';
import { type Chooser, pickOf } from './step.ts';
import { type Card, nameOf, type World } from './world.ts';

const METHODS: Readonly<Record<'pays' | 'declines', string>> = {
  pays: 'pm_card_visa',
  // It can be attached, and is declined whenever it is charged.
  declines: 'pm_card_chargeCustomerFail',
};

/** Another card, which may be declined from then on. */
export const changeCard: Chooser = (world, random) => {
  const customer = random.pick(world.customers);
  const card: Exclude<Card, null> = customer.card === 'pays' && random.chance(0.6) ? 'declines' : 'pays';
  return {
    text: `${customer.name} has a card that ${card}`,
    apply: () => void (customer.card = card),
    async send(remote) {
      const id = remote.id(customer.name);
      const method = await remote.call('POST', `/v1/payment_methods/${METHODS[card]}/attach`, { customer: id });
      await remote.call('POST', `/v1/customers/${id}`, { invoice_settings: { default_payment_method: method.id } });
    },
  };
};

/** Credit, or something owed, which the next invoice meets. */
export const changeBalance: Chooser = (world, random) => {
  const customer = random.pick(world.customers);
  const amount = random.between(-4_000, 1_500);
  return {
    text: `${customer.name} balance ${amount}`,
    apply: () => void (customer.balance += BigInt(amount)),
    send: (remote) =>
      remote.call('POST', `/v1/customers/${remote.id(customer.name)}/balance_transactions`, {
        amount,
        currency: world.currency,
      }),
  };
};

/** Something that is charged once, with the next invoice of anything or of one subscription. */
export const owe: Chooser = (world, random) => {
  const customer = random.pick(world.customers).name;
  const subscription = random.chance(0.4) ? activeOf(world, random, customer) : null;
  const amount = random.between(-800, 3_000);
  const discountable = amount >= 0 && random.chance(0.8);
  const name = nameOf(world, 'item');
  return {
    text: `${customer} owes ${amount} (${name}) ${subscription ?? ''}`,
    apply() {
      const terms = {
        quantity: '1',
        proration: false,
        counts: null,
        rates: null,
        rest: null,
        at: world.now,
        period: { start: world.now, end: world.now },
      };
      world.pending.push({ name, customer, subscription, amount: BigInt(amount), discountable, ...terms });
    },
    async send(remote) {
      const { id } = await remote.call('POST', '/v1/invoiceitems', {
        customer: remote.id(customer),
        amount,
        currency: world.currency,
        discountable,
        subscription: subscription === null ? undefined : remote.id(subscription),
      });
      remote.learn(name, id);
    },
  };
};

function activeOf(world: World, random: Random, customer: string): string | null {
  const active = world.subscriptions.filter((each) => each.customer === customer && each.status === 'active');
  return pickOf(random, active)?.name ?? null;
}
