/** `/v1/api/{projectId}/jobs`: builds, and what has become of any job. */
import * as v from 'valibot';
import { startBuild } from '../../registry/build-job.js';
import { checkBuildRequest } from '../../registry/build-targets.js';
import { type Job, type JobFilter, type JobLogItem, LOG_LEVELS } from '../../registry/jobs.js';
import type { BuildSubjects } from '../build-subjects.js';
import type { App, ServerContext } from '../context.js';
import { withoutPaths } from '../failure.js';
import { failures } from '../schemas.js';
import type { SocketTokens } from '../socket-tokens.js';
import { idText, integerText, pageQuery, projectParams } from '../validation.js';

const success = { success: v.literal(true) };

const job = v.object({
  id: v.number(),
  category: v.string(),
  categoryKey: v.string(),
  key: v.string(),
  created: v.string(),
  started: v.optional(v.string()),
  finished: v.optional(v.string()),
  finishedSuccessful: v.optional(v.boolean()),
  jobNotificationUids: v.array(v.number()),
  computeTime: v.optional(v.pipe(v.number(), v.description('seconds'))),
  metadata: v.optional(v.record(v.string(), v.unknown())),
});
const jobList = v.object({ ...success, jobs: v.array(job), totalJobCount: v.number() });
const jobLog = v.object({
  ...success,
  stdout: v.pipe(
    v.array(v.object({ created: v.string(), data: v.string(), logLevel: v.picklist(LOG_LEVELS) })),
    v.description('newest first'),
  ),
  totalCount: v.number(),
});

/** More than a job logs. */
const MOST_LINES = 10_000;

const jobParams = v.object({ projectId: idText, jobId: idText });
const logQuery = v.object({
  limit: v.optional(integerText(1, MOST_LINES)),
  logLevel: v.pipe(v.optional(v.picklist(LOG_LEVELS)), v.description('this level and graver ones')),
});

const time = v.pipe(
  v.string(),
  v.maxLength(100),
  v.transform((text) => new Date(text)),
  v.check((date) => !Number.isNaN(date.getTime()), 'expected a time'),
  v.transform((date) => date.toISOString()),
);
const rootOnly = v.optional(v.picklist(['true', 'false']));
const finishedQuery = v.object({
  startDate: v.optional(time),
  endDate: v.optional(time),
  ...pageQuery,
  rootOnly,
});
const allQuery = v.object({
  ...finishedQuery.entries,
  key: v.optional(v.pipe(v.string(), v.maxLength(200))),
  category: v.optional(v.pipe(v.string(), v.maxLength(200))),
  finished: v.optional(v.picklist(['successful', 'failed', 'all'])),
});

const word = v.pipe(v.string(), v.maxLength(200));
const buildQuery = v.object({ type: word, impulseId: v.optional(idText) });
const buildBody = v.object({
  engine: word,
  modelType: v.optional(word),
  parameters: v.optional(v.record(word, v.string())),
});

const DEFAULT_LIMIT = 100;
const DEFAULT_LINES = 1_000;

interface Rooms {
  readonly tokens: SocketTokens;
  readonly subjects: BuildSubjects;
}

export function addJobRoutes(app: App, context: ServerContext, { tokens, subjects }: Rooms): void {
  const { jobs } = context;
  const tags = ['Jobs'];

  app.post('/v1/api/:projectId/jobs/build-ondevice-model', {
    schema: {
      operationId: 'buildOnDeviceModelJob',
      summary: 'Build a deployment',
      description:
        'From the served deployment of the impulse, or its saved pretrained model. `type`: `zip` or `folder`. ' +
        'Wait for the job, then download the version with `downloadHistoricDeployment`.',
      tags,
      params: projectParams,
      querystring: buildQuery,
      body: buildBody,
      response: { 200: v.object({ ...success, id: v.number(), deploymentVersion: v.number() }), ...failures },
    },
    handler: async ({ params, query, body }) => {
      const { engine, modelType, parameters } = body;
      const settings = checkBuildRequest({
        type: query.type,
        engine,
        ...(modelType !== undefined && { modelType }),
        ...(parameters !== undefined && { parameters }),
      });
      const subject = subjects.of(params.projectId, query.impulseId);
      return { success: true, ...startBuild(context, subject, settings) };
    },
  });

  app.get('/v1/api/:projectId/jobs/:jobId/status', {
    schema: {
      operationId: 'getJobStatus',
      summary: 'Whether a job waits, is in work, or has ended',
      tags,
      params: jobParams,
      response: { 200: v.object({ ...success, job }), ...failures },
    },
    handler: async ({ params }) => ({ success: true, job: jobs.get(params.projectId, params.jobId) }),
  });

  app.get('/v1/api/:projectId/jobs/:jobId/stdout', {
    schema: {
      operationId: 'getJobsLogs',
      summary: 'The log of a job',
      tags,
      params: jobParams,
      querystring: logQuery,
      response: { 200: jobLog, ...failures },
    },
    handler: async ({ params, query }) => {
      const lines = logsOf(params, { ...query, limit: MOST_LINES });
      return {
        success: true,
        stdout: lines.slice(0, query.limit ?? DEFAULT_LINES),
        totalCount: lines.length,
      };
    },
  });

  app.get('/v1/api/:projectId/jobs/:jobId/stdout/download', {
    schema: {
      operationId: 'downloadJobsLogs',
      summary: 'The log of a job as text, oldest first',
      tags,
      params: jobParams,
      querystring: logQuery,
      response: { 200: v.string(), ...failures },
    },
    handler: async ({ params, query }, reply) => {
      const lines = logsOf(params, { limit: MOST_LINES, ...query }).toReversed();
      reply.type('text/plain; charset=utf-8');
      reply.header('content-disposition', `attachment; filename="job-${params.jobId}.txt"`);
      return reply.send(lines.map(({ data }) => data).join(''));
    },
  });

  app.post('/v1/api/:projectId/jobs/:jobId/cancel', {
    schema: {
      operationId: 'cancelJob',
      summary: 'End a job as failed',
      tags,
      params: jobParams,
      querystring: v.object({ forceCancel: v.optional(v.string()) }),
      response: { 200: v.object(success), ...failures },
    },
    handler: async ({ params }) => {
      jobs.cancel(params.projectId, params.jobId);
      return { success: true };
    },
  });

  app.get('/v1/api/:projectId/jobs', {
    schema: {
      operationId: 'listActiveJobs',
      summary: 'Jobs that wait or are in work, newest first',
      tags,
      params: projectParams,
      querystring: v.object({ rootOnly }),
      response: { 200: jobList, ...failures },
    },
    handler: async ({ params }) => listed(params.projectId, { state: 'active' }),
  });

  app.get('/v1/api/:projectId/jobs/history', {
    schema: {
      operationId: 'listFinishedJobs',
      summary: 'Jobs that have ended, newest first',
      tags,
      params: projectParams,
      querystring: finishedQuery,
      response: { 200: jobList, ...failures },
    },
    handler: async ({ params, query }) =>
      listed(params.projectId, { ...pageOf(query), ...periodOf(query), state: 'finished' }),
  });

  app.get('/v1/api/:projectId/jobs/all', {
    schema: {
      operationId: 'listAllJobs',
      summary: 'All jobs, newest first',
      tags,
      params: projectParams,
      querystring: allQuery,
      response: { 200: jobList, ...failures },
    },
    handler: async ({ params, query }) => {
      const { finished, key, category } = query;
      return listed(params.projectId, {
        ...pageOf(query),
        ...periodOf(query),
        ...(finished !== undefined && { state: finished === 'all' ? 'finished' : finished }),
        ...(key !== undefined && { key }),
        ...(category !== undefined && { category }),
      });
    },
  });

  app.get('/v1/api/:projectId/socket-token', {
    schema: {
      operationId: 'getSocketToken',
      summary: 'A token for job updates over socket.io',
      description:
        'Connect to `/socket.io/?token=...` within a minute, then send `start-log-stream` with `{ jobId }`.',
      tags: ['Projects'],
      params: projectParams,
      response: {
        200: v.object({ ...success, token: v.object({ socketToken: v.string(), expires: v.string() }) }),
        ...failures,
      },
    },
    handler: async ({ params }) => ({ success: true, token: tokens.issue(params.projectId) }),
  });

  function logsOf(
    { projectId, jobId }: v.InferOutput<typeof jobParams>,
    { limit = DEFAULT_LINES, logLevel }: v.InferOutput<typeof logQuery>,
  ): JobLogItem[] {
    const level = logLevel === undefined ? {} : { level: logLevel };
    return jobs
      .logs(projectId, jobId, { limit, ...level })
      .map((line) => ({ ...line, data: withoutPaths(line.data) }));
  }

  function listed(
    projectId: number,
    filter: Partial<JobFilter>,
  ): { success: true; jobs: readonly Job[]; totalJobCount: number } {
    const { jobs: found, total } = jobs.list(projectId, { limit: DEFAULT_LIMIT, offset: 0, ...filter });
    return { success: true, jobs: found, totalJobCount: total };
  }
}

function pageOf({ limit, offset }: { limit?: number | undefined; offset?: number | undefined }) {
  return { ...(limit !== undefined && { limit }), ...(offset !== undefined && { offset }) };
}

function periodOf({ startDate, endDate }: { startDate?: string | undefined; endDate?: string | undefined }) {
  return {
    ...(startDate !== undefined && { from: startDate }),
    ...(endDate !== undefined && { to: endDate }),
  };
}
