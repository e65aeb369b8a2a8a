/** `impulse-runtime/server`: apart from the rest, so that who only classifies loads no HTTP. */
export { type RunningServer, type ServerOptions, startServer } from './server.js';
