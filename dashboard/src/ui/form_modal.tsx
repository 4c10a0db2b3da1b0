import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ApiError } from '../api/error.ts';

type Props = {
  readonly title: string;
  readonly submit: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  readonly isPending: boolean;
  /** What the API said to the last try; what belongs to a field of the form is shown there. */
  readonly error?: ApiError | null;
  readonly size?: string;
  readonly isDangerous?: boolean;
  /** What closes it, where Cancel would mean something else. */
  readonly dismiss?: string;
  readonly children: ReactNode;
};

/** A form over a page. */
export function FormModal(props: Props) {
  const {
    title,
    submit,
    opened,
    onClose,
    onSubmit,
    isPending,
    error,
    size = 'md',
    isDangerous,
    dismiss,
    children,
  } = props;
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={size} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Stack>
          {error && (
            <Alert color="red" variant="light" role="alert">
              {error.message}
            </Alert>
          )}
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {dismiss ?? 'Cancel'}
            </Button>
            <Button type="submit" loading={isPending} color={isDangerous === true ? 'red' : undefined}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
