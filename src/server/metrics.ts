/** What Prometheus is told. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { StageTiming } from '../runtime/classification.js';
import type { Admission } from './admission.js';

export interface Metrics {
  /** One answer was sent. */
  answered(route: string, method: string, status: number, seconds: number): void;
  /** Something was refused or failed. */
  failed(code: string): void;
  /** One input was classified. */
  classified(timing: StageTiming): void;
  /** The text exposition format, and its type. */
  text(): Promise<string>;
  readonly contentType: string;
}

const STAGES = ['decode', 'resize', 'queue', 'dsp', 'tensor', 'inference', 'postprocess', 'total'] as const;
/** From a keyword spotter's to a large detector's. */
const STAGE_SECONDS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const REQUEST_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

export function makeMetrics(): Metrics & { watch(admission: Admission): void } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'impulse_http_requests_total',
    help: 'Answers sent.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const latency = new Histogram({
    name: 'impulse_http_request_duration_seconds',
    help: 'From the first byte of a request to the end of its answer.',
    labelNames: ['route', 'method'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const stages = new Histogram({
    name: 'impulse_classify_stage_duration_seconds',
    help: 'Time of each stage of a classification.',
    labelNames: ['stage'],
    buckets: STAGE_SECONDS,
    registers,
  });
  const failures = new Counter({
    name: 'impulse_failures_total',
    help: 'Requests refused or failed, by the code of the error.',
    labelNames: ['reason'],
    registers,
  });
  const observers = STAGES.map((stage) => [`${stage}Ms`, stages.labels(stage)] as const);

  return {
    contentType: registry.contentType,
    answered(route, method, status, seconds) {
      requests.labels(route, method, String(status)).inc();
      latency.labels(route, method).observe(seconds);
    },
    failed: (code) => failures.labels(code).inc(),
    classified(timing) {
      for (const [stage, observer] of observers) observer.observe(timing[stage] / 1000);
    },
    text: () => registry.metrics(),
    watch(admission) {
      new Gauge({
        name: 'impulse_classify_running',
        help: 'Classifications in work.',
        registers,
        collect() {
          this.set(admission.running);
        },
      });
      new Gauge({
        name: 'impulse_classify_waiting',
        help: 'Requests that wait for a classification to end.',
        registers,
        collect() {
          this.set(admission.waiting);
        },
      });
    },
  };
}
