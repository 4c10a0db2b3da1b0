import { expect, test } from 'vitest';
import { cardByName, cardByNumber, passesLuhn } from './cards.ts';

test.each([
  ['4242424242424242', 'visa'],
  ['5555555555554444', 'mastercard'],
  ['378282246310005', 'amex'],
  ['3056930009020004', 'diners'],
  ['4000000000000002', 'chargeDeclined'],
  ['4000000000009995', 'chargeDeclinedInsufficientFunds'],
  ['4000000000000069', 'chargeDeclinedExpiredCard'],
  ['4000000000000127', 'chargeDeclinedIncorrectCvc'],
  ['4000000000000119', 'chargeDeclinedProcessingError'],
  ['4000000000000341', 'chargeCustomerFail'],
  ['4000002500003155', 'authenticationRequiredOnSetup'],
  ['4000002760003184', 'authenticationRequired'],
  ['4000000000003220', 'threeDSecure2Required'],
])('%s is %s', (number, name) => {
  expect(passesLuhn(number)).toBe(true);
  expect(cardByNumber(number)).toBe(cardByName(name));
  expect(cardByNumber(number)).toBeDefined();
});

test.each(['4242424242424241', '4242424242424224', '378282246310006'])('%s is no number of a card', (number) => {
  expect(passesLuhn(number)).toBe(false);
});
