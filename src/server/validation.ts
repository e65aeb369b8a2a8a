/** Requests are checked with valibot, and the same schemas are what the OpenAPI document shows. */
import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import type { FastifySchema, FastifySchemaCompiler, FastifyTypeProvider } from 'fastify';
import * as v from 'valibot';
import { RequestError } from '../errors.js';

type Schema = v.GenericSchema;

/** Gives handlers the types of what their schemas let through. */
export interface ValibotTypeProvider extends FastifyTypeProvider {
  validator: this['schema'] extends Schema ? v.InferOutput<this['schema']> : unknown;
  /** Schemas of answers are for the document; tests compare them with what is sent. */
  serializer: unknown;
}

export const validatorCompiler: FastifySchemaCompiler<Schema> =
  ({ schema, httpPart }) =>
  (data) => {
    const result = v.safeParse(schema, data, { abortEarly: true });
    if (result.success) return { value: result.output };
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    const where = [httpPart, path].filter(Boolean).join('.');
    return { error: new RequestError('ERR_REQUEST_INVALID', `${where}: ${issue.message}.`) };
  };

declare module 'fastify' {
  interface FastifySchema {
    /** Fields of a `multipart/form-data` body, for the document; the handler reads and checks them. */
    readonly form?: Readonly<Record<string, FormField>>;
  }
}

/** JSON Schema of a field, and whether it must be there. */
export interface FormField {
  readonly schema: object;
  readonly isRequired: boolean;
}

export function formFile(description: string): FormField {
  return { schema: { type: 'string', format: 'binary', description }, isRequired: true };
}

export function formText(description: string, { isRequired = true } = {}): FormField {
  return { schema: { type: 'string', description }, isRequired };
}

/** For `@fastify/swagger`: each schema of a route as JSON Schema. */
export function toOpenApi(schema: FastifySchema): FastifySchema {
  const { response, form, ...parts } = schema;
  const converted = {
    ...Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, isSchema(part) ? jsonSchemaOf(part) : part]),
    ),
    ...(form !== undefined && { consumes: ['multipart/form-data'], body: formSchemaOf(form) }),
  };
  if (response === undefined) return converted;
  const responses = Object.entries(response as Record<string, unknown>).map(([status, part]) => [
    status,
    isSchema(part) ? jsonSchemaOf(part) : part,
  ]);
  return { ...converted, response: Object.fromEntries(responses) };
}

function formSchemaOf(form: Readonly<Record<string, FormField>>): object {
  const fields = Object.entries(form);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, { schema }]) => [name, schema])),
    required: fields.filter(([, { isRequired }]) => isRequired).map(([name]) => name),
  };
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'schema';
}

function jsonSchemaOf(schema: Schema): object {
  const { $schema: _, ...jsonSchema } = toJsonSchema(schema, {
    errorMode: 'ignore',
    typeMode: 'input',
    overrideAction: ({ valibotAction, jsonSchema: made }) =>
      isDocumented(valibotAction) ? valibotAction.metadata.documented : made,
  });
  return jsonSchema;
}

/** Says what the document shows in place of what is checked. */
function isDocumented(action: object): action is { readonly metadata: { readonly documented: JsonSchema } } {
  const { metadata } = action as { metadata?: object };
  return metadata !== undefined && 'documented' in metadata;
}

/** A whole number in a path or query, where everything is text. */
export function integerText(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, `expected an integer from ${min} to ${max}`),
    // That it comes as text is no concern of clients.
    v.metadata({ documented: { type: 'integer', minimum: min, maximum: max } }),
    v.transform(Number),
    v.integer(),
    v.minValue(min, `expected an integer from ${min} to ${max}`),
    v.maxValue(max, `expected an integer from ${min} to ${max}`),
  );
}

const MOST_ID = 2 ** 31 - 1;

/** Ids of projects, impulses, jobs, versions. */
export const idText = integerText(1, MOST_ID);

/** Which part of a list is wanted. */
export const pageQuery = {
  limit: v.optional(integerText(1, 1_000)),
  offset: v.optional(integerText(0, MOST_ID)),
};

export const projectParams = v.object({ projectId: idText });
export const impulseQuery = v.object({ impulseId: v.optional(idText) });

/** Every failure, of every route. */
export const failureSchema = v.object({ success: v.literal(false), error: v.string(), code: v.string() });
