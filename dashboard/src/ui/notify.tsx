import { notifications } from '@mantine/notifications';
import type { ApiError } from '../api/error.ts';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal' });
}

/** Tells what went wrong, and the id by which the server's log knows it. */
export function notifyFailure(error: ApiError): void {
  const message = error.requestId === undefined ? error.message : `${error.message} (${error.requestId})`;
  notifications.show({ title: 'That did not work', message, color: 'red', autoClose: 10_000 });
}
