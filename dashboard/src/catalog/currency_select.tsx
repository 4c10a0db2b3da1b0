import { Select } from '@mantine/core';
import { CURRENCY_CHOICES } from '../ui/currencies.ts';
import type { EditorProps } from './price_editor.tsx';

export function CurrencySelect({ draft, onChange, problems }: EditorProps) {
  return (
    <Select
      label="Currency"
      w={190}
      searchable
      allowDeselect={false}
      data={CURRENCY_CHOICES}
      value={draft.currency}
      onChange={(currency) => currency !== null && onChange({ currency })}
      error={problems['currency']}
    />
  );
}
