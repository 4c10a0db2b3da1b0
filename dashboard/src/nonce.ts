/** The server gives each answer a nonce, by which styles that scripts add are known as ours. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

/** Where the library that keeps a page still behind a dialog looks for it (`get-nonce`). */
export function shareNonce(): void {
  Object.assign(globalThis, { __webpack_nonce__: styleNonce() });
}
