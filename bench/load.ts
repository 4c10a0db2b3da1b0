import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsPerRequest, planRequests, type RequestPlan, type Requests, requestsOf } from './requests.ts';

/** A run of load; plain data, so that it reaches the generator's process. */
export type LoadJob = {
  readonly port: number;
  readonly plan: RequestPlan;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second over all connections; without it every connection is always busy. */
  readonly perSecond?: number;
  /** So many requests of a connection in a row are timed as one: a list read page by page. */
  readonly together?: number;
  /** Answers other than 200 that are counted and not taken for a mistake of the benchmark. */
  readonly expected?: readonly number[];
};

/** What a run saw. Latencies are those of requests that were answered 200. */
export type LoadResult = {
  readonly requests: number;
  readonly events: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Refusals by status, and how many of them told the client to try again. */
  readonly refused: Readonly<Record<number, number>>;
  readonly toldToRetry: number;
  /** CPU time of the generator's process during the run. */
  readonly cpuSeconds: number;
};

/** A refused request waits so long before its connection sends the next one; the official client waits 500 ms. */
const BACK_OFF_MS = 100;

/** Beyond the run's end, for answers that are still awaited. */
const PATIENCE_MS = 60_000;

/**
 * Keeps each connection busy with one request at a time. Written on bare sockets, because an HTTP client would take more
 * of the cores than the server that is measured. Throws when a request is answered with a status not expected.
 */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const newRequests = planRequests(job.plan);
  const connections = await Promise.all(
    Array.from({ length: job.connections }, () => Connection.open(job.port, newRequests())),
  );
  const cpuBefore = process.cpuUsage();
  const run = new Run(job);
  await Promise.all(connections.map((connection) => run.keepBusy(connection)));
  const cpu = process.cpuUsage(cpuBefore);
  for (const connection of connections) connection.close();
  return run.result((cpu.user + cpu.system) / 1e6);
}

class Run {
  readonly #job: LoadJob;
  readonly #startedAt = performance.now();
  readonly #latencies: number[] = [];
  readonly #refused: Record<number, number> = {};
  #toldToRetry = 0;
  #started = 0;
  #endedAt = 0;

  constructor(job: LoadJob) {
    this.#job = job;
  }

  async keepBusy(connection: Connection): Promise<void> {
    const { together = 1 } = this.#job;
    while (await this.#awaitTurn()) {
      const sentAt = performance.now();
      let answer = await connection.exchange();
      for (let more = 1; more < together && answer.status === 200; more++) answer = await connection.exchange();
      this.#endedAt = performance.now();
      if (answer.status === 200) this.#latencies.push(this.#endedAt - sentAt);
      else await this.#refuse(answer);
    }
  }

  /** False when the time is over. At a fixed rate each request has its own moment, whichever connection sends it. */
  async #awaitTurn(): Promise<boolean> {
    const { seconds, perSecond, plan } = this.#job;
    if (this.#started === requestsOf(plan)) return false;
    const elapsed = performance.now() - this.#startedAt;
    if (elapsed >= seconds * 1000) return false;
    if (perSecond === undefined) return this.#started++ >= 0;
    const due = (this.#started++ * 1000) / perSecond;
    if (due >= seconds * 1000) return false;
    if (due > elapsed) await sleep(due - elapsed);
    return true;
  }

  async #refuse({ status, text }: Answer): Promise<void> {
    if (this.#job.expected?.includes(status) !== true) throw new Error(`Unexpected answer:\n${text}`);
    this.#refused[status] = (this.#refused[status] ?? 0) + 1;
    if (/^stripe-should-retry: true\r$/im.test(text)) this.#toldToRetry++;
    await sleep(BACK_OFF_MS);
  }

  result(cpuSeconds: number): LoadResult {
    const latencies = Float64Array.from(this.#latencies).sort();
    const seconds = (this.#endedAt - this.#startedAt) / 1000;
    const events = latencies.length * eventsPerRequest(this.#job.plan);
    const quantile = (part: number) => round(latencies[Math.floor(latencies.length * part)] ?? 0);
    return {
      requests: latencies.length,
      events,
      seconds: round(seconds),
      requestsPerSecond: Math.round(latencies.length / seconds),
      eventsPerSecond: Math.round(events / seconds),
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      maxMs: round(latencies.at(-1) ?? 0),
      refused: this.#refused,
      toldToRetry: this.#toldToRetry,
      cpuSeconds: round(cpuSeconds),
    };
  }
}

type Answer = { readonly status: number; readonly text: string };

/** One kept-open connection with at most one request on its way. */
class Connection {
  readonly #socket: ReturnType<typeof connect>;
  readonly #requests: Requests;
  #received = '';
  #resolve: (answer: Answer) => void = () => {};
  #reject: (error: Error) => void = () => {};

  private constructor(socket: ReturnType<typeof connect>, requests: Requests) {
    this.#socket = socket;
    this.#requests = requests;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => this.#reject(error));
    socket.on('close', () => this.#reject(new Error('The server closed a connection before it answered')));
    socket.on('timeout', () => socket.destroy(new Error(`No answer within ${PATIENCE_MS} ms`)));
    socket.setTimeout(PATIENCE_MS);
  }

  static async open(port: number, requests: Requests): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket, requests);
  }

  exchange(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(this.#requests.next());
    });
  }

  #read(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text;
    if (!isWhole(this.#received)) return;
    const answer = { status: Number(this.#received.slice(9, 12)), text: this.#received };
    this.#received = '';
    this.#resolve(answer);
  }

  close(): void {
    this.#socket.destroy();
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return text.length >= end + 4 + length;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
