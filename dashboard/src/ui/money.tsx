import { Text, type TextProps } from '@mantine/core';
import { formatMoney } from './format.ts';

type Props = TextProps & { readonly amount: number | null | undefined; readonly currency: string | null | undefined };

/** An amount of smallest units, in digits that stand under each other. */
export function Money({ amount, currency, ...text }: Props) {
  if (amount === null || amount === undefined || !currency) return <Text span>—</Text>;
  return (
    <Text span inherit style={{ fontVariantNumeric: 'tabular-nums' }} {...text}>
      {formatMoney(amount, currency)}
    </Text>
  );
}
