import { AppError } from '@berth/errors';
import type { INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { accessKey, routeKey } from './declarations.js';

/**
 * Refuses to start a service with a route that declares no access or no statuses.
 *
 * @throws AppError 'bug' that lists them all
 */
export function refuseUndeclaredRoutes(app: INestApplicationContext): void {
  const undeclared = [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype }) => (typeof metatype === 'function' ? undeclaredOf(metatype) : []));
  if (undeclared.length === 0) return;
  throw new AppError({
    kind: 'bug',
    message: `routes that declare no access or no statuses: ${undeclared.join(', ')}`,
  });
}

function undeclaredOf(controller: { readonly name: string; readonly prototype?: unknown }): string[] {
  const { prototype } = controller;
  if (typeof prototype !== 'object' || prototype === null) return [];
  // As Nest looks for routes: a method of a base class is one too.
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler: unknown = Reflect.get(prototype, name);
    const isRoute =
      typeof handler === 'function' &&
      Reflect.hasMetadata(PATH_METADATA, handler) &&
      Reflect.hasMetadata(METHOD_METADATA, handler);
    if (!isRoute) return [];
    const isDeclared = Reflect.hasMetadata(accessKey, handler) && Reflect.hasMetadata(routeKey, handler);
    return isDeclared ? [] : [`${controller.name}.${name}`];
  });
}
