import { Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArchive, IconCopy, IconPencil, IconRestore, IconStar } from '@tabler/icons-react';
import type Stripe from 'stripe';
import { useAction } from '../api/hooks.ts';
import { copyText } from '../ui/clipboard.ts';
import { RowMenu } from '../ui/row_menu.tsx';
import { EditPrice } from './edit_price.tsx';

type Props = { readonly price: Stripe.Price; readonly isDefault: boolean };

const ICON = { size: 16, 'aria-hidden': true } as const;

/** What can be done with a price. */
export function PriceMenu({ price, isDefault }: Props) {
  const [isEdited, { open, close }] = useDisclosure();
  const { id, active, product } = price;
  const archive = useAction((client) => client.post<Stripe.Price>(`/v1/prices/${id}`, { active: !active }), {
    done: active ? 'Price archived' : 'Price restored',
  });
  const makeDefault = useAction(
    (client) => client.post<Stripe.Product>(`/v1/products/${product as string}`, { default_price: id }),
    { done: 'Default price set' },
  );
  return (
    <>
      <RowMenu label="Price actions">
        <Menu.Item leftSection={<IconCopy {...ICON} />} onClick={() => void copyText(id, 'Price ID')}>
          Copy price ID
        </Menu.Item>
        <Menu.Item leftSection={<IconPencil {...ICON} />} onClick={open}>
          Edit price
        </Menu.Item>
        {active && !isDefault && (
          <Menu.Item leftSection={<IconStar {...ICON} />} onClick={() => makeDefault.mutate(undefined)}>
            Set as default price
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={active ? <IconArchive {...ICON} /> : <IconRestore {...ICON} />}
          onClick={() => archive.mutate(undefined)}
          disabled={isDefault && active}
        >
          {active ? (isDefault ? 'Archive price (choose another default first)' : 'Archive price') : 'Restore price'}
        </Menu.Item>
      </RowMenu>
      {isEdited && <EditPrice price={price} onClose={close} />}
    </>
  );
}
