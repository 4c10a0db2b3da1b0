import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/error.ts';
import { FormModal } from './form_modal.tsx';

type Props = {
  readonly title: string;
  readonly submit: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onConfirm: () => void;
  readonly isPending: boolean;
  readonly error?: ApiError | null;
  /** What will become of what. */
  readonly children: ReactNode;
};

/** Asks before something that can't be undone. */
export function Confirm({ onConfirm, children, ...modal }: Props) {
  return (
    <FormModal {...modal} onSubmit={onConfirm} isDangerous>
      <Text size="sm">{children}</Text>
    </FormModal>
  );
}
