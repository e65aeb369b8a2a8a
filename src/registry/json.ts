/** Models and transcodings as every client gets them, but for the URIs that only a server knows. */
import type { JsonObject } from './lenient-json.js';
import type { RegisteredModel } from './models.js';
import type { Transcoding } from './transcodings.js';

export function modelJson(model: RegisteredModel): JsonObject {
  const { id, name, properties, fileName, format, bytes, sha256 } = model;
  const { created, updated, deprecated, deleted } = model;
  return {
    id,
    name,
    ...properties,
    artifact: { fileName, format, bytes, sha256 },
    created,
    updated,
    deprecated,
    ...(deleted && { deleted }),
  };
}

export function transcodingJson(transcoding: Transcoding): JsonObject {
  const { id, modelId, targetFormat, fileName, bytes, sha256 } = transcoding;
  const { createdBy, created, updated, deprecated, deleted } = transcoding;
  return {
    id,
    modelId,
    targetFormat,
    status: 'completed',
    ...(createdBy !== undefined && { createdBy }),
    artifact: { fileName, bytes, sha256 },
    created,
    updated,
    deprecated,
    deleted,
  };
}
