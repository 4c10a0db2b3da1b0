/** Failed log-ins of this process in a minute, whoever tries: a person needs three, and a list of passwords years. */
const MAX_FAILED_LOGINS_A_MINUTE = 20;

const MINUTE_MS = 60_000;

/** Remembers the failed log-ins of the last minute, so that passwords can't be found by trying. */
export class FailedLogins {
  private times: number[] = [];
  private readonly clock: () => number;

  /** `clock` tells milliseconds. */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** True while another try may be made. */
  mayTry(): boolean {
    const since = this.clock() - MINUTE_MS;
    this.times = this.times.filter((time) => time > since);
    return this.times.length < MAX_FAILED_LOGINS_A_MINUTE;
  }

  note(): void {
    this.times.push(this.clock());
  }
}
