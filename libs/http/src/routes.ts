import { RequestMethod, type INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { z } from 'zod';
import { accessKey, routeKey, type RouteAccess, type RouteDeclaration } from './declarations.js';

/** What a route takes from one part of a request. */
export interface RouteInput {
  readonly from: 'body' | 'query' | 'path';
  /** Of one parameter; null = the part as a whole. */
  readonly name: string | null;
  /** null = not declared. */
  readonly schema: z.ZodType | null;
}

/** A route of a service as its decorators declare it. */
export interface ServiceRoute {
  /** `<controller>.<method>` */
  readonly handler: string;
  /** In capitals; `ALL` for every one. */
  readonly method: string;
  /** From the root, in the router's own writing: `/registries/:registry/tokens::import`. */
  readonly path: string;
  readonly access: RouteAccess | null;
  readonly declaration: RouteDeclaration | null;
  readonly inputs: readonly RouteInput[];
}

/** Every route of a service, whatever its access. */
export function routesOf(app: INestApplicationContext): readonly ServiceRoute[] {
  return [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? routesOfController(metatype) : []));
}

/** A function as Nest knows it. */
type Controller = { readonly name: string; readonly prototype?: unknown };

function routesOfController(controller: Controller): readonly ServiceRoute[] {
  const { prototype } = controller;
  if (typeof prototype !== 'object' || prototype === null) return [];
  // As Nest looks for routes: a method of a base class is one too.
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler: unknown = Reflect.get(prototype, name);
    if (typeof handler !== 'function' || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
    const below = metadata<string | string[]>(PATH_METADATA, handler);
    if (below === null) return [];
    const above = metadata<string | string[]>(PATH_METADATA, controller);
    return [
      {
        handler: `${controller.name}.${name}`,
        method: RequestMethod[metadata<number>(METHOD_METADATA, handler) ?? -1] ?? '',
        path: joined(above, below),
        access: metadata<RouteAccess>(accessKey, handler),
        declaration: metadata<RouteDeclaration>(routeKey, handler),
        inputs: inputsOf(controller, name),
      },
    ];
  });
}

/** Reflect gives any; each key is written by one decorator, with a value of this type. */
function metadata<Value>(key: string, target: object): Value | null {
  return (Reflect.getMetadata(key, target) ?? null) as Value | null;
}

function joined(above: string | string[] | null, below: string | string[]): string {
  const parts = [above ?? '', below].map((part) => (Array.isArray(part) ? (part[0] ?? '') : part));
  return `/${parts.flatMap((part) => part.split('/').filter((segment) => segment !== '')).join('/')}`;
}

const partOfType: Readonly<Record<string, RouteInput['from']>> = {
  [RouteParamtypes.BODY]: 'body',
  [RouteParamtypes.QUERY]: 'query',
  [RouteParamtypes.PARAM]: 'path',
};

/** What Nest keeps of one decorated parameter. */
interface DecoratedParameter {
  readonly data?: unknown;
  readonly schema?: unknown;
}

function inputsOf(controller: object, method: string): readonly RouteInput[] {
  const declared = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) as
    Record<string, DecoratedParameter> | undefined;
  return Object.entries(declared ?? {}).flatMap(([key, { data, schema }]) => {
    const from = partOfType[key.split(':', 1)[0] ?? ''];
    if (from === undefined) return [];
    const name = typeof data === 'string' ? data : null;
    return [{ from, name, schema: schema instanceof z.ZodType ? schema : null }];
  });
}
