import { serveJobs } from './child.ts';
import { runReference } from './reference.ts';

serveJobs(runReference);
