import { Alert, Button, Group, Text } from '@mantine/core';
import { IconCreditCardOff } from '@tabler/icons-react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { useSpace } from '../session/space.ts';

/** Gives a customer the card that always pays, and makes it the default. */
export function useTestCard(customer: string) {
  return useAction(
    async (client, card: string) => {
      const method = await client.post<Stripe.PaymentMethod>(`/v1/payment_methods/${card}/attach`, { customer });
      await client.post(`/v1/customers/${customer}`, { invoice_settings: { default_payment_method: method.id } });
      return method;
    },
    { done: 'Test card attached' },
  );
}

/** Said of a customer who is to be charged and has nothing to pay with; in test accounts one click mends it. */
export function NoPaymentMethod({ customer }: { readonly customer: string }) {
  const { account } = useSpace();
  const attach = useTestCard(customer);
  return (
    <Alert color="orange" variant="light" icon={<IconCreditCardOff aria-hidden />} title="Nothing to pay with">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          This customer has no default payment method. {account.livemode ? 'Attach one, or send invoices.' : ''}
        </Text>
        {!account.livemode && (
          <Button size="xs" loading={attach.isPending} onClick={() => attach.mutate('pm_card_visa')}>
            Attach test card
          </Button>
        )}
      </Group>
    </Alert>
  );
}
