import { fork } from 'node:child_process';

/** A process of the benchmark's own that does one job after the other. */
export type Child<Job, Result> = { run(job: Job): Promise<Result>; stop(): Promise<void> };

type Reply<Result> = { readonly result: Result } | { readonly error: string };

/** Starts a script of this folder that calls `serveJobs`. Its failures are thrown by `run`. */
export function startChild<Job extends object, Result>(script: URL): Child<Job, Result> {
  const child = fork(script);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const onExit = () => reject(new Error(`${script.pathname} ended in the middle of a job`));
        child.once('exit', onExit);
        child.once('message', (reply: Reply<Result>) => {
          child.off('exit', onExit);
          if ('error' in reply) reject(new Error(reply.error));
          else resolve(reply.result);
        });
        child.send(job);
      }),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** What such a script does: runs each job that it is sent and answers its result. Ends with the benchmark. */
export function serveJobs(work: (job: never) => Promise<unknown>): void {
  const answer = async (job: unknown): Promise<Reply<unknown>> => {
    try {
      return { result: await work(job as never) };
    } catch (error) {
      return { error: (error as Error).stack ?? String(error) };
    }
  };
  process.on('message', (job) => {
    void answer(job).then((reply) => process.send?.(reply));
  });
  process.on('disconnect', () => process.exit());
}
