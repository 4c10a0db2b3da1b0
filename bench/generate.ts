import { serveJobs } from './child.ts';
import { runLoad } from './load.ts';

serveJobs(runLoad);
