import { notifyDone, notifyFailure } from './notify.tsx';
import { ApiError } from '../api/error.ts';

/** Copies a text, and says so. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notifyDone(`${what} copied`);
  } catch {
    // Browsers give the clipboard only to https and to localhost.
    notifyFailure(new ApiError(`This browser does not let pages copy. It is ${text}`, { status: 0 }));
  }
}
