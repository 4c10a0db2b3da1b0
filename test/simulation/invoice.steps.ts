import { addInvoice, takePending } from './bill.ts';
import { HOUR } from './calendar.ts';
import { attempt, collect, finalize, forgive, settle, voidInvoice } from './settle.ts';
import { type Chooser, pickOf } from './step.ts';
import { type Invoice, named, type World } from './world.ts';

/** An invoice of what is pending, made by hand; it goes on by itself, or is finalized by somebody. */
export const bill: Chooser = (world, random) => {
  const customer = pickOf(random, world.pending)?.customer;
  if (customer === undefined) return undefined;
  const autoAdvance = random.chance(0.6);
  return {
    text: `bill ${customer} by hand${autoAdvance ? '' : ', and let it lie'}`,
    apply() {
      const charges = takePending(world, customer);
      const finalizesAt = autoAdvance ? world.now + HOUR : null;
      const period = { start: world.now, end: world.now };
      addInvoice(world, {
        customer,
        subscription: null,
        reason: 'manual',
        period,
        sent: false,
        charges,
        discounts: [],
        rates: [],
        autoAdvance,
        finalizesAt,
      });
    },
    send: (remote) =>
      remote.call('POST', '/v1/invoices', {
        customer: remote.id(customer),
        currency: world.currency,
        auto_advance: autoAdvance,
        pending_invoice_items_behavior: 'include',
      }),
  };
};

/** Finalizes a draft before its time, or one that would lie for ever. */
export const finalizeByHand: Chooser = (world, random) => {
  const invoice = pickOf(random, inState(world, 'draft'));
  if (invoice === undefined) return undefined;
  return {
    text: `finalize ${invoice.name}`,
    apply() {
      finalize(world, invoice);
      collect(world, invoice);
    },
    send: (remote) => remote.call('POST', `/v1/invoices/${remote.id(invoice.name)}/finalize`),
  };
};

/** Pays what is open: with the customer's card, which may be declined, or elsewhere. */
export const pay: Chooser = (world, random) => {
  const invoice = pickOf(random, inState(world, 'open'));
  if (invoice === undefined) return undefined;
  const elsewhere = random.chance(0.4);
  const isDeclined = !elsewhere && named(world.customers, invoice.customer).card === 'declines';
  return {
    text: `pay ${invoice.name}${elsewhere ? ' elsewhere' : ''}`,
    ...(isDeclined ? { refused: { status: 402, code: 'card_declined' } } : {}),
    apply: () => (elsewhere ? settle(world, invoice) : void attempt(world, invoice)),
    send: (remote) =>
      remote.call('POST', `/v1/invoices/${remote.id(invoice.name)}/pay`, elsewhere ? { paid_out_of_band: true } : {}),
  };
};

/** Voids what is open, or gives it up. */
export const giveUp: Chooser = (world, random) => {
  const invoice = pickOf(random, inState(world, 'open'));
  if (invoice === undefined) return undefined;
  const isVoid = random.chance(0.5);
  return {
    text: `${isVoid ? 'void' : 'give up'} ${invoice.name}`,
    apply() {
      if (isVoid) return voidInvoice(world, invoice);
      forgive(world, invoice);
    },
    send: (remote) =>
      remote.call('POST', `/v1/invoices/${remote.id(invoice.name)}/${isVoid ? 'void' : 'mark_uncollectible'}`),
  };
};

/** Gives late usage more or less time, for drafts that are made from then on. */
export const changeDraftHours: Chooser = (world, random) => {
  const hours = random.pick([1, 1, 2, 24, 72]);
  return {
    text: `drafts stay open for ${hours} hours`,
    apply: () => void (world.draftHours = hours),
    send: (remote) => remote.call('POST', '/v1/usance/billing_settings', { draft_hours: hours }),
  };
};

function inState(world: World, status: Invoice['status']): Invoice[] {
  return world.invoices.filter((invoice) => invoice.status === status);
}
