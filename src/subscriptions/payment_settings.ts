import { checkMethodTypes } from '../payments/default_method.ts';
import type { PaymentSettingsParams } from './subscription.params.ts';
import type { Subscription } from './subscription.ts';

type PaymentSettings = Pick<Subscription, 'paymentMethodTypes' | 'saveDefaultPaymentMethod'>;

export const NO_PAYMENT_SETTINGS: PaymentSettings = { paymentMethodTypes: null, saveDefaultPaymentMethod: 'off' };

/** The settings after a request; pure. Throws for types that can't pay in the currency. */
export function changePaymentSettings(
  current: PaymentSettings,
  params: PaymentSettingsParams | undefined,
  currency: string,
): PaymentSettings {
  const { payment_method_types: types, save_default_payment_method: save } = params ?? {};
  return {
    paymentMethodTypes: types === undefined ? current.paymentMethodTypes : checkMethodTypes(types, currency),
    saveDefaultPaymentMethod: save ?? current.saveDefaultPaymentMethod,
  };
}
