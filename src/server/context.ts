/** What every route is given. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Deployments } from '../registry/deployments.js';
import type { Jobs } from '../registry/jobs.js';
import type { Store } from '../registry/store.js';
import type { Admission } from './admission.js';
import type { Impulses } from './impulses.js';
import type { Metrics } from './metrics.js';
import type { ModelHost } from './model-host.js';
import type { ServedModel } from './served.js';
import type { ServerSettings } from './settings.js';
import type { ValibotTypeProvider } from './validation.js';

export interface ServerContext {
  readonly settings: ServerSettings;
  readonly store: Store;
  /** Work that outlives a request. */
  readonly jobs: Jobs;
  /** What was built. */
  readonly deployments: Deployments;
  /** Deployments that the server was started with. */
  readonly served: readonly ServedModel[];
  /** Models of the store. */
  readonly host: ModelHost;
  /** Which model is which impulse of which project. */
  readonly impulses: Impulses;
  readonly admission: Admission;
  readonly metrics: Metrics;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ValibotTypeProvider
>;
