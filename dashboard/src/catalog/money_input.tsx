import { TextInput, type TextInputProps } from '@mantine/core';
import { symbolOf } from '../ui/format.ts';

type Props = Omit<TextInputProps, 'onChange' | 'value'> & {
  readonly currency: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
};

/** An amount as people write it, after the symbol of its currency. It stays the text that was typed. */
export function MoneyInput({ currency, value, onChange, ...input }: Props) {
  const symbol = symbolOf(currency).trim();
  return (
    <TextInput
      inputMode="decimal"
      leftSection={<span aria-hidden>{symbol}</span>}
      leftSectionWidth={symbol.length > 1 ? 16 + 9 * symbol.length : undefined}
      leftSectionPointerEvents="none"
      autoComplete="off"
      placeholder="0.00"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...input}
    />
  );
}
