import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Fact, InvoiceDocument, Party, RowGroup, Sum } from './document.ts';
import { type Html, html } from './html.ts';

// The only style, and no script: the policy of a page allows just this text.
const STYLE = readFileSync(new URL('page.css', import.meta.url), 'utf8');

/** The style of pages as a Content-Security-Policy names it. */
export const STYLE_SOURCE: string = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

/** The page of an invoice; `pdfPath` is where its PDF is, seen from the page, `form` what lets its reader pay. */
export function invoicePage(document: InvoiceDocument, pdfPath: string, form: Html | null): string {
  const { number, seller } = document;
  return page(
    `Invoice ${number} from ${seller.name}`,
    html`
      <main>
        <header class="head">
          <div>
            <p class="seller"><bdi>${seller.name}</bdi></p>
            <h1>Invoice <bdi>${number}</bdi></h1>
          </div>
          <p class="marks">
            ${document.isTest ? html`<span class="mark test">Test data</span>` : null}
            <span class="mark ${document.status.toLowerCase()}">${document.status}</span>
          </p>
        </header>
        ${summary(document, pdfPath, form !== null)} ${form} ${parties(document)} ${lines(document.groups)}
        ${sums(document.sums)} ${notes(document)}
      </main>
    `,
  );
}

/** The page of an address that names nothing. It tells nothing of what there is. */
export function notFoundPage(): string {
  const text = 'The link may be incomplete. Please ask whoever sent it to you for a new one.';
  return page(
    'Not found',
    html`<main class="lost">
      <h1>There is nothing here</h1>
      <p>${text}</p>
    </main>`,
  );
}

function page(title: string, body: Html): string {
  const head = html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>`;
  // Not through the template: the hash of the style is that of exactly this text.
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.text}\n<style>${STYLE}</style>\n</head>\n<body>\n${body.text}\n</body>\n</html>\n`;
}

/** Where there is something to pay, that is the first thing to do. */
function summary({ headline, facts }: InvoiceDocument, pdfPath: string, isPayable: boolean): Html {
  return html`
    <section class="summary" aria-label="Summary">
      <div>
        <p class="amount">${headline.amount}</p>
        <p class="muted">${headline.text}</p>
      </div>
      <a class="${isPayable ? 'button quiet' : 'button'}" href="${pdfPath}">Download PDF</a>
      <dl class="facts">${facts.map(fact)}</dl>
    </section>
  `;
}

function fact({ label, value }: Fact): Html {
  return html`<div>
    <dt><bdi>${label}</bdi></dt>
    <dd><bdi>${value}</bdi></dd>
  </div>`;
}

function parties({ seller, buyer, shipping }: InvoiceDocument): Html {
  return html`<section class="parties" aria-label="Addresses">
    ${party('From', seller)} ${party('Bill to', buyer)} ${shipping === null ? null : party('Ship to', shipping)}
  </section>`;
}

function party(label: string, { name, lines: rest }: Party): Html {
  return html`<div>
    <h2>${label}</h2>
    <address>
      <strong><bdi>${name}</bdi></strong>
      ${rest.map((line) => html`<br /><bdi>${line}</bdi>`)}
    </address>
  </div>`;
}

function lines(groups: readonly RowGroup[]): Html {
  return html`<section aria-labelledby="lines">
    <h2 id="lines" class="unseen">Lines</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Description</th>
          <th scope="col" class="number">Quantity</th>
          <th scope="col" class="number">Unit price</th>
          <th scope="col" class="number">Amount</th>
        </tr>
      </thead>
      ${groups.map(group)}
    </table>
  </section>`;
}

function group({ period, rows }: RowGroup): Html {
  return html`<tbody>
    <tr class="period">
      <th scope="rowgroup" colspan="4">${period}</th>
    </tr>
    ${rows.map(
      (row) =>
        html`<tr>
          <td class="description"><bdi>${row.description}</bdi></td>
          <td class="number quantity" data-label="Quantity">${row.quantity}</td>
          <td class="number price" data-label="Unit price">${row.unitPrice}</td>
          <td class="number total">${row.amount}</td>
        </tr>`,
    )}
  </tbody>`;
}

function sums(all: readonly Sum[]): Html {
  return html`<section aria-label="Totals">
    <dl class="sums">
      ${all.map(
        ({ label, amount, strong }) =>
          html`<div class="${strong ? 'strong' : ''}">
            <dt>${label}</dt>
            <dd>${amount}</dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

function notes({ notes: all, footer }: InvoiceDocument): Html | null {
  const texts = footer === null ? all : [...all, footer];
  if (texts.length === 0) return null;
  return html`<footer>${texts.map((text) => html`<p><bdi>${text}</bdi></p>`)}</footer>`;
}
