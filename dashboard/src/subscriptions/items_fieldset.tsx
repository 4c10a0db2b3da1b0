import { ActionIcon, Button, Group, NumberInput, Stack } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { PriceSelect } from '../catalog/price_select.tsx';
import { type DraftItem, isMetered } from './draft.ts';

type Props = { readonly items: readonly DraftItem[]; readonly onChange: (items: readonly DraftItem[]) => void };

const MAX_ITEMS = 20;
const MAX_QUANTITY = 999_999_999;

/** What a subscription is about: prices, and how many of those that are not used but had. */
export function ItemsFieldset({ items, onChange }: Props) {
  const change = (key: number, part: Partial<DraftItem>) =>
    onChange(items.map((item) => (item.key === key ? { ...item, ...part } : item)));
  const add = () =>
    onChange([...items, { key: Math.max(...items.map(({ key }) => key), 0) + 1, price: null, quantity: 1 }]);
  return (
    <Stack gap="sm">
      {items.map((item, place) => (
        <Group key={item.key} align="flex-end" gap="xs" wrap="nowrap">
          <Stack flex={1} gap={0} miw={0}>
            <PriceSelect
              label={place === 0 ? 'Product' : `Product ${place + 1}`}
              value={item.price}
              onChange={(price) => change(item.key, { price })}
              required={place === 0}
            />
          </Stack>
          {item.price !== null && !isMetered(item.price) && (
            <NumberInput
              label="Quantity"
              w={96}
              min={0}
              max={MAX_QUANTITY}
              allowDecimal={false}
              value={item.quantity}
              onChange={(quantity) => change(item.key, { quantity: Number(quantity) || 0 })}
            />
          )}
          {items.length > 1 && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={`Remove product ${place + 1}`}
              onClick={() => onChange(items.filter(({ key }) => key !== item.key))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {items.length < MAX_ITEMS && (
        <Button
          variant="subtle"
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          style={{ alignSelf: 'flex-start' }}
          onClick={add}
        >
          Add product
        </Button>
      )}
    </Stack>
  );
}
