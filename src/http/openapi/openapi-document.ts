/** Makes the OpenAPI 3.1 document out of the routes and the zod schemas that they are checked by. */
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Form } from '../../contracts/form.ts';
import { answerHeaders } from './answer-headers.ts';
import { API_INFO, NEXT_CALLS, SECURITY_SCHEMES, TAG_DESCRIPTIONS } from './api-description.ts';
import { addExamples } from './examples.ts';

type Json = Record<string, unknown>;
type Answer =
  | z.ZodType
  | { description: string; content: Record<string, { schema: z.ZodType; example?: object }> };

const KEY_HEADER = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'One new random value per intended operation, the same for its retries',
  schema: {
    type: 'string',
    pattern: '^[!-~]([ -~]{0,253}[!-~])?$',
    examples: ['0b1f6c1e-7d0c-4b0e-9c65-2f6f1f1a9a43'],
  },
} as const;

/** What an answer says by its status, where its schema says nothing. */
const DONE: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made: `Location` says where it is read',
  202: 'Taken: a process goes on',
};

/** @param routes as `onRoute` hooks see them; those with `schema.hide`, or without a schema, are left out. */
export function openApiDocument(routes: readonly RouteOptions[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    if (route.schema === undefined || route.schema.hide === true || route.method === 'HEAD') continue;
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [String(route.method).toLowerCase()]: operation(route, schemas) };
  }
  addExamples(Object.values(paths).flatMap((methods) => Object.values(methods)) as never);
  return {
    openapi: '3.1.0',
    info: API_INFO,
    servers: [{ url: '/', description: 'This server' }],
    tags: [...TAG_DESCRIPTIONS],
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas },
  };
}

function operation(route: RouteOptions, schemas: Json): Json {
  const { operationId, tags, summary, description, params, querystring, response, produces } =
    route.schema ?? {};
  const { signedBody, headers = [], isTagged = false } = route.config?.documented ?? {};
  const body = signedBody ?? route.schema?.body;
  const rule = route.config?.idempotency;
  const key = rule === undefined ? [] : [{ ...KEY_HEADER, required: rule === 'required' }];
  return {
    operationId,
    tags,
    summary,
    ...(description === undefined ? {} : { description }),
    security: security(route),
    parameters: [
      ...parameters('path', params, schemas),
      ...parameters('query', querystring, schemas),
      ...key,
      ...headers.map((header) => ({ in: 'header', required: true, ...header })),
    ],
    ...(body instanceof z.ZodType ? { requestBody: requestBody(body, schemas) } : {}),
    responses: Object.fromEntries(
      Object.entries((response ?? {}) as Record<string, Answer>).map(([status, answer]) => [
        status,
        responseOf(status, answer, {
          operationId,
          schemas,
          recorded: rule !== undefined,
          located: route.config?.location !== undefined,
          tagged: isTagged,
          type: produces?.[0] ?? 'application/json',
        }),
      ]),
    ),
  };
}

function security(route: RouteOptions): Json[] {
  const access = route.config?.documented?.access ?? route.config?.access;
  if (access === 'public') return [];
  if (typeof access !== 'object') return [{ apiKey: [] }];
  const key = { apiKey: [access.scope] };
  return access.endUser ? [key, { endUser: [] }] : [key];
}

function parameters(place: 'path' | 'query', schema: unknown, schemas: Json): Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, part]) => {
    const { description, ...rest } = jsonSchema(part, 'input', schemas);
    const required = place === 'path' || !part.safeParse(undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

function requestBody(schema: z.ZodType, schemas: Json): Json {
  const optional = schema instanceof z.ZodOptional;
  const inner = optional ? (schema.unwrap() as z.ZodType) : schema;
  return {
    required: !optional,
    content: { 'application/json': { schema: jsonSchema(inner, 'input', schemas) } },
  };
}

type ResponseContext = {
  operationId: string | undefined;
  schemas: Json;
  recorded: boolean;
  located: boolean;
  tagged: boolean;
  type: string;
};

function responseOf(
  status: string,
  answer: Answer,
  { operationId, schemas, recorded, located, tagged, type }: ResponseContext,
): Json {
  const headers = answerHeaders({ status, operationId, recorded, located, tagged });
  const head = Object.keys(headers).length > 0 ? { headers } : {};
  if (!(answer instanceof z.ZodType)) {
    const content = Object.entries(answer.content).map(([name, { schema, ...more }]) => [
      name,
      { schema: jsonSchema(schema, 'output', schemas), ...more },
    ]);
    return { description: answer.description, ...head, content: Object.fromEntries(content) };
  }
  const description = answer.meta()?.description ?? DONE[status] ?? 'Done';
  if (answer instanceof z.ZodUndefined) return { description, ...head };
  const links = linksOf(operationId);
  return {
    description,
    ...head,
    ...links,
    content: { [type]: { schema: jsonSchema(answer, 'output', schemas) } },
  };
}

/** What can be done next with the id in the answer. */
function linksOf(operationId: string | undefined): Json {
  const next = operationId === undefined ? undefined : NEXT_CALLS[operationId];
  if (next === undefined) return {};
  return {
    links: Object.fromEntries(
      next.map((id) => [id, { operationId: id, parameters: { id: '$response.body#/id' } }]),
    ),
  };
}

/** A schema as JSON Schema. Those with an `id` go into `schemas` and are referred to. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _,
    $defs,
    ...json
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: tidy });
  for (const [id, definition] of Object.entries($defs ?? {})) {
    const { id: _id, ...rest } = rerouted(definition) as Json;
    schemas[id] = rest;
  }
  return rerouted(json) as Json;
}

/**
 * A body of several forms says each on its own, and so does a choice between objects: who reads the document, or makes a
 * client out of it, then knows which fields go together.
 */
function inForms(json: Json): void {
  const { forms, properties, required, additionalProperties, anyOf } = json;
  if (Array.isArray(anyOf) && anyOf.every((one: Json) => one.additionalProperties === false)) {
    json.oneOf = anyOf;
    delete json.anyOf;
  }
  if (!Array.isArray(forms)) return;
  for (const name of ['forms', 'type', 'properties', 'required', 'additionalProperties']) delete json[name];
  json.oneOf = (forms as Form[]).map(({ title, needs, without }) => ({
    title,
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties as Json).filter(([name]) => !without.includes(name)),
    ),
    required: [...((required as string[] | undefined) ?? []), ...needs],
    additionalProperties,
  }));
}

/** A pattern in a schema's `meta` stands for all of its checks; `examples` is the keyword of JSON Schema 2020-12. */
function tidy({ jsonSchema }: { jsonSchema: Json }): void {
  inForms(jsonSchema);
  if (jsonSchema.pattern !== undefined) delete jsonSchema.allOf;
  if (jsonSchema.example !== undefined) {
    jsonSchema.examples = [jsonSchema.example];
    delete jsonSchema.example;
  }
}

function rerouted(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
