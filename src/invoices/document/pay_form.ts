import { type Html, html } from './html.ts';
import type { Choice, PayPanel } from './pay_panel.ts';

/** Where forms are sent, seen from the page, and what makes a second click the same request as the first. */
export type FormTarget = { readonly action: string; readonly key: string };

/** What a page lets its reader do about an invoice. `problem` is why the form that was just sent did nothing. */
export function payForm(panel: PayPanel, target: FormTarget, problem: string | null): Html {
  return html`<section class="pay" aria-labelledby="pay">
    <h2 id="pay">${TITLES[panel.state]}</h2>
    ${problem === null ? null : alert(problem)}
    ${panel.refusal === null ? null : alert(`The last payment did not go through. ${panel.refusal}`)}
    ${stepOf(panel, target)}
  </section>`;
}

const TITLES: Readonly<Record<PayPanel['state'], string>> = {
  ready: 'Pay this invoice',
  authenticate: 'Confirm the payment',
  waiting: 'Waiting for the bank',
};

function alert(text: string): Html {
  return html`<p class="alert" role="alert">${text}</p>`;
}

function stepOf(panel: PayPanel, target: FormTarget): Html {
  switch (panel.state) {
    case 'ready':
      return choose(panel, target);
    case 'authenticate':
      return authenticate(panel, target);
    case 'waiting':
      return html`<p>
          <strong>${panel.amount} is being paid${withMethod(panel)}.</strong> The bank has yet to decide, so there is
          nothing more to do here.
        </p>
        <p><a class="button quiet" href="${target.action}">Look again</a></p>`;
  }
}

function withMethod({ method }: PayPanel): string {
  return method === null ? '' : ` with ${method}`;
}

function authenticate(panel: PayPanel, target: FormTarget): Html {
  return html`<p>
      <strong>The bank asks whether it is you who pays ${panel.amount}${withMethod(panel)}.</strong>
      Here a test bank stands for yours, so you choose what it hears.
    </p>
    <form method="post" action="${target.action}" autocomplete="off">
      ${hidden('key', target.key)}
      <p class="actions">
        <button class="button" name="do" value="authenticate">Authenticate</button>
        <button class="button quiet" name="do" value="fail">Fail to authenticate</button>
      </p>
    </form>
    <details>
      <summary>Pay with something else</summary>
      ${choose(panel, target)}
    </details>`;
}

function choose({ amount, saved, offered, chosenId }: PayPanel, target: FormTarget): Html {
  return html`<form method="post" action="${target.action}" autocomplete="off">
    ${hidden('key', target.key)} ${group('Saved payment methods', saved, chosenId)}
    ${group('Test payment methods', offered, chosenId)}
    <p class="actions">
      <button class="button" name="do" value="pay">Pay ${amount}</button>
      <span class="muted">This is test data: no money moves.</span>
    </p>
  </form>`;
}

function group(title: string, choices: readonly Choice[], chosenId: string | null): Html | null {
  if (choices.length === 0) return null;
  return html`<fieldset>
    <legend>${title}</legend>
    ${choices.map(
      ({ id, label, detail }) =>
        html`<label class="choice">
          <input type="radio" name="payment_method" value="${id}" required ${id === chosenId ? CHECKED : null} />
          <bdi>${label}</bdi>
          <span class="muted">${detail}</span>
        </label>`,
    )}
  </fieldset>`;
}

const CHECKED = html`checked`;

function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}
