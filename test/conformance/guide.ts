import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { expect } from 'vitest';
import { clientConfig, type TestAccount } from '../support/account.ts';
import { type Outcome, shell } from '../support/cli.ts';
import { checkResponse } from '../support/oracle.ts';

const FILE = fileURLToPath(new URL('../../../shared/guide/usage-based-billing.md', import.meta.url));

/** The guide that the product serves, as Markdown whose code blocks have lost their line breaks; undefined if absent. */
export const guide: string | undefined = existsSync(FILE) ? readFileSync(FILE, 'utf8') : undefined;

export type Flavour = 'curl' | 'cli' | 'node';

/** The guide's steps, in its order, with the operation that each one is. */
const STEPS = {
  meter: ['POST', '/v1/billing/meters'],
  price: ['POST', '/v1/prices'],
  customer: ['POST', '/v1/customers'],
  subscription: ['POST', '/v1/subscriptions'],
  meterEvent: ['POST', '/v1/billing/meter_events'],
  preview: ['POST', '/v1/invoices/create_preview'],
  summaries: ['GET', '/v1/billing/meters/{id}/event_summaries'],
} as const;
type Step = keyof typeof STEPS;

/** What an answer holds; the API document has judged its shape before a test reads it. */
// oxlint-disable-next-line typescript/no-explicit-any -- see above
export type Body = any;

/** The guide in one flavour, played on one account: each block as it is written but for address, key and ids. */
export type Player = {
  /** Runs the block of a step and answers its body. `change` rewrites the block first; `ids` fill its placeholders. */
  play(step: Step, ids?: Readonly<Record<string, string>>, change?: (block: string) => string): Promise<Body>;
};

/** The code blocks of a flavour in the guide's order. */
export function blocksOf(flavour: Flavour): string[] {
  return [...guide!.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)]
    .filter(([, name]) => name === flavour)
    .map(([, , code]) => code!);
}

export function player(flavour: Flavour, account: TestAccount): Player {
  const blocks = blocksOf(flavour);
  const run = { curl: runCurl, cli: runCli, node: runNode }[flavour];
  return {
    async play(step, ids = {}, change = (block) => block) {
      const block = change(blocks[Object.keys(STEPS).indexOf(step)]!);
      const body = await run(fill(block, ids), account);
      expect(body.error).toBeUndefined();
      const [method, path] = STEPS[step];
      expect(checkResponse(method, path, 200, body)).toEqual([]);
      return body;
    },
  };
}

/** Replaces `{{METER_ID}}` and its like. */
function fill(block: string, ids: Readonly<Record<string, string>>): string {
  return block.replaceAll(/\{\{(\w+)\}\}/g, (placeholder, name: string) => {
    const id = ids[name];
    if (!id) throw new Error(`The guide wants ${placeholder}, and no earlier answer gave it`);
    return id;
  });
}

/** The flattened page shows `\ ` where the guide ends a line with a backslash. */
function unflatten(block: string): string {
  return block.replaceAll(/\s*\\ /g, ' \\\n  ');
}

async function runCurl(block: string, account: TestAccount): Promise<Body> {
  const script = unflatten(block).replace('https://api.stripe.com', account.url).replace('<>', account.secretKey);
  return answerOf(await shell(script));
}

async function runCli(block: string, account: TestAccount): Promise<Body> {
  return answerOf(await shell(`${unflatten(block)} \\\n  --api-base ${account.url} --api-key ${account.secretKey}`));
}

function answerOf({ code, stdout, stderr }: Outcome): Body {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as unknown;
}

/** The comments at the head have swallowed the code's line breaks, so the code starts at its first statement. */
async function runNode(block: string, account: TestAccount): Promise<Body> {
  const code = block.slice(block.indexOf('const stripe ')).replace('<>', account.secretKey);
  const result = [...code.matchAll(/const (\w+) = await/g)].at(-1)![1];
  const script = runInThisContext(`(async (require) => { ${code} return ${result}; })`) as (
    require: unknown,
  ) => Promise<Body>;
  const answer = await script(() => (key: string) => callStyleClient(key, account.url));
  // Decimals come as objects of the client; what the server sent is their JSON.
  return JSON.parse(JSON.stringify(answer)) as unknown;
}

/** `require('stripe')(key)`, the older of the two call styles; the newer is `new Stripe(key)`. */
function callStyleClient(key: string, url: string): unknown {
  const stripe = createRequire(import.meta.url)('stripe') as (key: string, config: unknown) => unknown;
  return stripe(key, clientConfig(url));
}
