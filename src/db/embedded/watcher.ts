import { spawn } from 'node:child_process';
import { type ServerUser, asUser } from './processes.ts';

/** Shuts the server down when this process ends in whatever way. */
export type Watcher = {
  /** Says which process to shut down. */
  watch(pid: number): void;
  /** Ends the watcher without shutting anything down; waits until it is gone. */
  dismiss(): Promise<void>;
};

/**
 * Reads a pipe whose other end only Usance holds: first the server's pid, then either a line, and there is nothing
 * left to do, or the end of file, because Usance died. Then it shuts the server down as `stop` does, and after $1
 * seconds without a checkpoint. It also removes the temporary socket folder $2. It gives up in the end, because where
 * nobody collects dead processes (a container whose first process is no init) the pid never goes away.
 */
const SHELL_WATCHER = `
trap '' HUP INT QUIT TERM
read -r pid || exit 0
read -r line && exit 0
kill -INT "$pid"
seconds=0
while kill -0 "$pid" 2>/dev/null && [ "$seconds" -lt $(($1 * 2)) ]; do
  [ "$seconds" -eq "$1" ] && kill -QUIT "$pid"
  seconds=$((seconds + 1))
  sleep 1
done
[ -z "$2" ] || rmdir "$2"
`;

/** The same where there is no shell; pg_ctl $1 knows the server's pid from the cluster $2. */
const NODE_WATCHER = `
let heard = '';
process.stdin.on('data', (text) => (heard += text)).on('end', () => {
  if (!/^\\d+\\n$/.test(heard)) return;
  require('node:child_process').spawnSync(process.argv[1], ['stop', '-m', 'fast', '-D', process.argv[2]]);
});
`;

/** What the watcher needs to know about the server it is for. */
export type Watched = {
  clusterFolder: string;
  pgCtl: string;
  user: ServerUser | undefined;
  temporaryFolder: string | undefined;
  graceSeconds: number;
};

/** Starts the watcher; it must run before the server does. */
export function startWatcher(watched: Watched): Watcher {
  const [file, args] =
    process.platform === 'win32'
      ? [process.execPath, ['-e', NODE_WATCHER, watched.pgCtl, watched.clusterFolder]]
      : ['/bin/sh', ['-c', SHELL_WATCHER, 'sh', String(watched.graceSeconds), watched.temporaryFolder ?? '']];
  // Detached, it is in a process group of its own, where a Ctrl-C or the terminal's end does not reach it.
  const options = { ...asUser(watched.user), detached: true, windowsHide: true };
  const child = spawn(file, args, { ...options, stdio: ['pipe', 'ignore', 'ignore'] });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // Writing to a watcher that somebody killed must not end Usance.
  child.stdin.on('error', () => undefined);
  child.unref();
  return {
    watch: (pid) => void child.stdin.write(`${pid}\n`),
    dismiss: () => {
      child.ref();
      child.stdin.end('done\n');
      return gone;
    },
  };
}
