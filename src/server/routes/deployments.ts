/** `/v1/api/{projectId}/deployment`: what can be built, and what was. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { isImpulseError, RegistryError } from '../../errors.js';
import type { DeploymentFilter, FinishedDeployment } from '../../registry/deployments.js';
import type { BuildSubjects } from '../build-subjects.js';
import type { App, ServerContext } from '../context.js';
import {
  deploymentTarget,
  deploymentTargetSchema,
  type ProjectFacts,
  targetsOf,
} from '../deployment-targets.js';
import { sendArtefact } from '../download.js';
import { withoutPaths } from '../failure.js';
import { failures } from '../schemas.js';
import { idText, impulseQuery, pageQuery, projectParams } from '../validation.js';

const success = { success: v.literal(true) };
const word = v.pipe(v.string(), v.maxLength(200));

const historic = v.object({
  created: v.string(),
  deploymentVersion: v.number(),
  deploymentFormat: v.string(),
  deploymentTarget: v.optional(deploymentTargetSchema),
  engine: v.string(),
  modelType: v.optional(v.string()),
  impulseId: v.number(),
  impulseName: v.string(),
  impulseIsDeleted: v.boolean(),
  impulseHasChangedSinceDeployment: v.boolean(),
  downloadUrl: v.string(),
  createdByBuildPublicDeploymentJob: v.boolean(),
});

const buildQuery = v.object({
  type: word,
  modelType: v.optional(word),
  engine: v.optional(word),
  impulseId: v.optional(idText),
});
const historyQuery = v.object({
  impulseId: v.optional(idText),
  deploymentFormat: v.optional(word),
  ...pageQuery,
});
const versionParams = v.object({ projectId: idText, deploymentVersion: idText });

const DEFAULT_LIMIT = 100;
const NEWEST = { limit: 1, offset: 0 };

export function addDeploymentRoutes(
  app: App,
  { deployments, store }: ServerContext,
  subjects: BuildSubjects,
): void {
  const tags = ['Deployment'];

  app.get('/v1/api/deployment/targets', {
    schema: {
      operationId: 'listAllDeploymentTargets',
      summary: 'What this device can build',
      tags,
      response: { 200: v.object({ ...success, targets: v.array(deploymentTargetSchema) }), ...failures },
    },
    handler: async () => ({ success: true, targets: targetsOf() }),
  });

  app.get('/v1/api/:projectId/deployment/targets', {
    schema: {
      operationId: 'listDeploymentTargetsForProject',
      summary: 'What this device can build of an impulse',
      tags,
      params: projectParams,
      querystring: impulseQuery,
      response: { 200: v.object({ ...success, targets: v.array(deploymentTargetSchema) }), ...failures },
    },
    handler: async ({ params, query }) => {
      const facts = await projectFacts(params.projectId, query.impulseId);
      return { success: true, targets: targetsOf(facts) };
    },
  });

  app.get('/v1/api/:projectId/deployment', {
    schema: {
      operationId: 'getDeployment',
      summary: 'Whether there is a build of the impulse as it is now',
      tags,
      params: projectParams,
      querystring: buildQuery,
      response: {
        200: v.object({ ...success, hasDeployment: v.boolean(), version: v.optional(v.number()) }),
        ...failures,
      },
    },
    handler: async ({ params, query }) => {
      const found = await current(params.projectId, query);
      return { success: true, hasDeployment: found !== undefined, ...(found && { version: found.version }) };
    },
  });

  app.get('/v1/api/:projectId/deployment/download', {
    schema: {
      operationId: 'downloadBuild',
      summary: 'The newest build of the impulse as it is now',
      tags,
      params: projectParams,
      querystring: buildQuery,
      response: failures,
    },
    handler: async (request, reply) => {
      const { params, query } = request;
      const found = await current(params.projectId, query);
      if (found !== undefined) return send(request, reply, found);
      throw new RegistryError(
        'ERR_REGISTRY_NOT_FOUND',
        `There is no such build in project ${params.projectId}: build it first.`,
      );
    },
  });

  app.get('/v1/api/:projectId/deployment/last', {
    schema: {
      operationId: 'getLastDeploymentBuild',
      summary: 'The newest build',
      tags,
      params: projectParams,
      querystring: impulseQuery,
      response: {
        200: v.object({
          ...success,
          hasBuild: v.boolean(),
          lastBuild: v.optional(
            v.object({
              version: v.number(),
              deploymentType: v.string(),
              engine: v.string(),
              modelType: v.optional(v.string()),
              created: v.string(),
            }),
          ),
          lastDeploymentTarget: v.optional(deploymentTargetSchema),
        }),
        ...failures,
      },
    },
    handler: async ({ params, query }) => {
      const [last] = deployments.list(params.projectId, filterOf(query), NEWEST).deployments;
      if (last === undefined) return { success: true, hasBuild: false };
      const { version, format, engine, modelType, created } = last;
      const lastDeploymentTarget = deploymentTarget(
        format,
        await projectFacts(params.projectId, last.impulseId),
      );
      return {
        success: true,
        hasBuild: true,
        lastBuild: { version, deploymentType: format, engine, modelType, created },
        ...(lastDeploymentTarget && { lastDeploymentTarget }),
      };
    },
  });

  app.get('/v1/api/:projectId/deployment/history', {
    schema: {
      operationId: 'listDeploymentHistory',
      summary: 'Builds that are finished, newest first',
      tags,
      params: projectParams,
      querystring: historyQuery,
      response: {
        200: v.object({ ...success, deployments: v.array(historic), totalDeploymentCount: v.number() }),
        ...failures,
      },
    },
    handler: async ({ params, query }) => {
      const { limit = DEFAULT_LIMIT, offset = 0, deploymentFormat: format } = query;
      const filter = filterOf({ ...query, type: format });
      const { deployments: found, total } = deployments.list(params.projectId, filter, { limit, offset });
      const entries = await Promise.all(found.map((each) => entryOf(params.projectId, each)));
      return { success: true, deployments: entries, totalDeploymentCount: total };
    },
  });

  app.get('/v1/api/:projectId/deployment/history/:deploymentVersion', {
    schema: {
      operationId: 'getHistoricDeployment',
      summary: 'One build',
      tags,
      params: versionParams,
      response: { 200: v.object({ ...success, deployment: historic }), ...failures },
    },
    handler: async ({ params: { projectId, deploymentVersion } }) => {
      const found = deployments.get(projectId, deploymentVersion);
      return { success: true, deployment: await entryOf(projectId, found) };
    },
  });

  app.get('/v1/api/:projectId/deployment/history/:deploymentVersion/download', {
    schema: {
      operationId: 'downloadHistoricDeployment',
      summary: 'The file of a build',
      tags,
      params: versionParams,
      response: failures,
    },
    handler: async (request, reply) => {
      const { projectId, deploymentVersion } = request.params;
      return send(request, reply, deployments.get(projectId, deploymentVersion));
    },
  });

  function send(request: FastifyRequest, reply: FastifyReply, { artefact, fileName }: FinishedDeployment) {
    return sendArtefact(request, reply, store.folder, {
      sha256: artefact,
      fileName,
      type: 'application/zip',
    });
  }

  /** The newest that was built from what the impulse is now; of one that is gone, the newest. */
  async function current(
    projectId: number,
    query: v.InferOutput<typeof buildQuery>,
  ): Promise<FinishedDeployment | undefined> {
    const { deployments: found } = deployments.list(projectId, filterOf(query), { limit: 1_000, offset: 0 });
    for (const each of found) {
      const { isDeleted, hasChanged } = await changeOf(projectId, each);
      if (isDeleted || !hasChanged) return each;
    }
    return undefined;
  }

  async function changeOf(
    projectId: number,
    { impulseId, modelType, fingerprint }: FinishedDeployment,
  ): Promise<{ isDeleted: boolean; hasChanged: boolean }> {
    try {
      const facts = await subjects.facts(subjects.of(projectId, impulseId));
      return { isDeleted: false, hasChanged: facts.get(modelType) !== fingerprint };
    } catch (error) {
      if (!isImpulseError(error)) throw error;
      return { isDeleted: error.code === 'ERR_REGISTRY_NOT_FOUND', hasChanged: true };
    }
  }

  async function projectFacts(projectId: number, impulseId: number | undefined): Promise<ProjectFacts> {
    try {
      const facts = await subjects.facts(subjects.of(projectId, impulseId));
      return { variants: [...facts.keys()] };
    } catch (error) {
      if (!isImpulseError(error)) throw error;
      return { variants: [], reasonDisabled: withoutPaths(error.message) };
    }
  }

  async function entryOf(projectId: number, build: FinishedDeployment) {
    const { version, format, engine, modelType, impulseId, impulseName, created } = build;
    const { isDeleted, hasChanged } = await changeOf(projectId, build);
    const target = deploymentTarget(format, await projectFacts(projectId, impulseId));
    return {
      created,
      deploymentVersion: version,
      deploymentFormat: format,
      ...(target && { deploymentTarget: target }),
      engine,
      modelType,
      impulseId,
      impulseName,
      impulseIsDeleted: isDeleted,
      impulseHasChangedSinceDeployment: hasChanged,
      downloadUrl: `/v1/api/${projectId}/deployment/history/${version}/download`,
      createdByBuildPublicDeploymentJob: false,
    };
  }
}

interface Wanted {
  readonly type?: string | undefined;
  readonly engine?: string | undefined;
  readonly modelType?: string | undefined;
  readonly impulseId?: number | undefined;
}

function filterOf({ type, engine, modelType, impulseId }: Wanted): DeploymentFilter {
  return {
    ...(type !== undefined && { format: type }),
    ...(engine !== undefined && { engine }),
    ...(modelType !== undefined && { modelType }),
    ...(impulseId !== undefined && { impulseId }),
  };
}
