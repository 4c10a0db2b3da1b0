import { serveBare } from './server.ts';

serveBare();
