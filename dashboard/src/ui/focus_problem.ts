/** Brings whoever sent a form to the first field that is wrong, once that is shown. */
export function focusProblem(form: HTMLFormElement): void {
  setTimeout(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
