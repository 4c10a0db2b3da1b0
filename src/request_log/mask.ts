/** Names whose values open something or belong to a card or bank account. */
const SECRET = 'client_secret|secret|authentication_token|password|number|cvc|account_number|routing_number|iban';

const IN_FORM = new RegExp(String.raw`((?:^|&)(?:[^=&]*(?:\[|%5B))?(?:${SECRET})(?:\]|%5D)?=)[^&]*`, 'gi');
const IN_JSON = new RegExp(String.raw`("(?:${SECRET})"\s*:\s*)"[^"]*"`, 'g');

/** What is secret in a form or in JSON, as dots. Invoice numbers and the like in answers are none, so they stay. */
export function maskRequest(body: string): string {
  return body.replaceAll(IN_FORM, '$1••••').replaceAll(IN_JSON, '$1"••••"');
}

const IN_ANSWER = /("(?:client_secret|secret|authentication_token)"\s*:\s*)"[^"]*"/g;

export function maskAnswer(body: string): string {
  return body.replaceAll(IN_ANSWER, '$1"••••"');
}
