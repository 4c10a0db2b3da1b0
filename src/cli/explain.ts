import pg from 'pg';

/** What listening failed for, as an operator would say it; undefined for an error of something else. */
export function explainListening(error: unknown, host: string, port: number): Error | undefined {
  const { code, syscall, hostname } = error as NodeJS.ErrnoException & { hostname?: string };
  if (syscall === 'getaddrinfo' && hostname === host) return new Error(`HOST ${host} is no address of this machine.`);
  if (syscall !== 'listen') return undefined;
  if (code === 'EADDRINUSE') {
    return new Error(`Port ${port} on ${host} is in use. Stop what listens there, or choose another with PORT=….`);
  }
  if (code === 'EACCES') return new Error(`Only root may listen on port ${port}. Choose one from 1024 up with PORT=….`);
  if (code === 'EADDRNOTAVAIL') return new Error(`HOST ${host} is no address of this machine.`);
  return undefined;
}

/**
 * An error of the network or of PostgreSQL as a sentence that names the database, but never its password; undefined for
 * an error of something else.
 */
export function explainDatabase(error: unknown, databaseUrl: string): Error | undefined {
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL' || error instanceof URIError) {
    return new Error('DATABASE_URL cannot be read: special characters in it must be percent-encoded.');
  }
  const reason = reasonOf(error);
  return reason === undefined ? undefined : new Error(`Cannot use ${describe(databaseUrl)}: ${reason}.`);
}

function reasonOf(error: unknown): string | undefined {
  // A name with several addresses, such as localhost, fails once for each, in an error without a message.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).find((reason) => reason !== undefined);
  if (error instanceof pg.DatabaseError) return error.message;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === 'getaddrinfo') return 'there is no such host';
  if (syscall !== 'connect') return undefined;
  return code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nothing listens there' : message;
}

function describe(databaseUrl: string): string {
  const { database, host, port, user } = new pg.Client({ connectionString: databaseUrl });
  return `the database ${database} at ${host.startsWith('/') ? host : `${host}:${port}`} as ${user}`;
}
