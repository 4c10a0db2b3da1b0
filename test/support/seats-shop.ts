import { SENT } from './billed.ts';
import { licensedPrice, newShop, use } from './shop.ts';

/** A shop whose customer has three seats of 20 USD and has used 3000 tokens, for which invoices are sent. */
export async function seatsShop() {
  const shop = await newShop();
  const { stripe, customer, meter, price } = shop;
  const seats = await licensedPrice(stripe);
  const items = [{ price: seats.id, quantity: 3 }, { price: price.id }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  await use(stripe, meter, customer.id, 3000);
  const itemOf = (id: string) => subscription.items.data.find((item) => item.price.id === id)!.id;
  return { ...shop, seats, subscription, seatsItem: itemOf(seats.id), tokensItem: itemOf(price.id) };
}
