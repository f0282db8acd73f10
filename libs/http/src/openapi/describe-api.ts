import { STATUS_CODES } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { z } from 'zod';
import { routesOf, type RouteInput, type ServiceRoute } from '../routes.js';

/** The `paths` of an OpenAPI document: operations by address and method. */
export type ApiPaths = Record<string, Record<string, ApiOperation>>;

/** One operation, as far as Berth describes it. @source OpenAPI 3.1.0 "Operation Object" */
export interface ApiOperation {
  readonly operationId: string;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters: readonly object[];
  readonly requestBody?: object;
  readonly responses: Record<string, object>;
}

/**
 * What a service offers to people and SDKs, from the declarations that it enforces: so a route can't be there and not be
 * described. Routes of other services and of the data plane (which OCI describes) are left out.
 *
 * @source OpenAPI 3.1.0; JSON Schema 2020-12
 */
export function describeApi(app: INestApplicationContext): ApiPaths {
  const paths: ApiPaths = {};
  for (const route of routesOf(app)) {
    if (!isPublished(route)) continue;
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return paths;
}

function isPublished({ access, path, method }: ServiceRoute): boolean {
  return (access?.kind === 'caller' || access?.kind === 'open') && method !== 'ALL' && !path.startsWith('/v2');
}

/** `/tokens/:name` as `/tokens/{name}`; a doubled colon stands for one. */
function templateOf(path: string): string {
  return path
    .replace(/::/g, '\0')
    .replace(/:(\w+)/g, '{$1}')
    .replace(/\0/g, ':');
}

function operationOf(route: ServiceRoute): ApiOperation {
  const body = route.inputs.find(({ from }) => from === 'body');
  return {
    operationId: operationIdOf(route.handler),
    security: route.access?.kind === 'caller' ? [{ basic: [] }, { bearer: [] }] : [],
    parameters: [...pathParameters(route), ...route.inputs.flatMap(queryParameters)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(inputSchema(body.schema)) } }),
    responses: responsesOf(route),
  };
}

/** `putScopeMap` of `PutScopeMapController.put`; a controller of several routes names them apart. */
function operationIdOf(handler: string): string {
  const [controller = '', method = ''] = handler.split('.');
  const slice = controller.replace(/Controller$/, '');
  const name = `${slice.charAt(0).toLowerCase()}${slice.slice(1)}`;
  return name.toLowerCase().startsWith(method.toLowerCase()) ? name : `${name}.${method}`;
}

/** From the address, so that none is missing where a handler reads it in its own way. */
function pathParameters({ path, inputs }: ServiceRoute): readonly object[] {
  return [...templateOf(path).matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const declared = inputs.find((input) => input.from === 'path' && input.name === name);
    return { name, in: 'path', required: true, schema: inputSchema(declared?.schema ?? null) };
  });
}

function queryParameters({ from, name, schema }: RouteInput): readonly object[] {
  if (from !== 'query') return [];
  if (name !== null) return [{ name, in: 'query', schema: inputSchema(schema) }];
  if (!(schema instanceof z.ZodObject)) return [];
  const shape: Record<string, z.ZodType> = schema.shape;
  return Object.entries(shape).map(([key, member]) => ({ name: key, in: 'query', schema: inputSchema(member) }));
}

function responsesOf({ declaration }: ServiceRoute): Record<string, object> {
  const { statuses = [], output } = declaration ?? {};
  return Object.fromEntries(
    statuses.map((status) => {
      const description = STATUS_CODES[status] ?? String(status);
      if (status >= 400) return [status, { description, content: problem }];
      return [
        status,
        { description, ...(output === undefined ? {} : { content: jsonOf(schemaOf(output, 'output')) }) },
      ];
    }),
  );
}

const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

function jsonOf(schema: object): object {
  return { 'application/json': { schema } };
}

function inputSchema(schema: z.ZodType | null): object {
  return schema === null ? { type: 'string' } : schemaOf(schema, 'input');
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  // Each schema stands for itself, so a dialect in each would be said a hundred times.
  return { ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }), $schema: undefined };
}
