import 'reflect-metadata';
import { Body, Controller, Get, Module, Param, Post, Put, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ForCaller, ForDataPlane, InternalOnly, OpenToAll, Route } from '../declarations.js';
import { describeApi } from './describe-api.js';

const name = z.string().min(5).max(50);
const thing = z.strictObject({ size: z.int().default(1), note: z.string().optional() });

@Controller('api/v1/registries/:registry')
class PutThingController {
  @Put('things/:name')
  @ForCaller()
  @Route({ statuses: [200, 201, 404], output: z.strictObject({ id: z.uuid() }) })
  put(@Param('name', { schema: name }) id: string, @Body({ schema: thing }) body: unknown): unknown {
    return { id, body };
  }

  @Get('things')
  @ForCaller()
  @Route({ statuses: [200] })
  list(@Query({ schema: z.strictObject({ limit: z.coerce.number().int().max(10) }) }) query: unknown): unknown {
    return query;
  }

  @Post('things::import')
  @OpenToAll('for the spec')
  @Route({ statuses: [204] })
  import(): void {}
}

@Controller()
class HiddenController {
  @Get('internal/secret')
  @InternalOnly()
  @Route({ statuses: [200] })
  secret(): void {}

  @Get('v2/-/slice')
  @ForDataPlane()
  @Route({ statuses: [200] })
  slice(): void {}
}

@Module({ controllers: [PutThingController, HiddenController] })
class SpecModule {}

const paths = describeApi(await NestFactory.createApplicationContext(SpecModule, { logger: false }));

describe('the description of a service', () => {
  it('has every route for people, by its address, and none that is for services or for OCI clients', () => {
    expect(Object.keys(paths).sort()).toEqual([
      '/api/v1/registries/{registry}/things',
      '/api/v1/registries/{registry}/things/{name}',
      '/api/v1/registries/{registry}/things:import',
    ]);
  });

  it('says what a route takes and answers, from the schemas that it is checked by', () => {
    expect(paths['/api/v1/registries/{registry}/things/{name}']?.['put']).toMatchObject({
      operationId: 'putThing',
      security: [{ basic: [] }, { bearer: [] }],
      parameters: [
        { name: 'registry', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'name', in: 'path', required: true, schema: { minLength: 5, maxLength: 50 } },
      ],
      requestBody: { content: { 'application/json': { schema: { properties: { size: { default: 1 } } } } } },
      responses: {
        200: { description: 'OK', content: { 'application/json': { schema: { required: ['id'] } } } },
        404: { content: { 'application/problem+json': {} } },
      },
    });
    expect(paths['/api/v1/registries/{registry}/things']?.['get']?.parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      schema: expect.objectContaining({ type: 'integer', maximum: 10 }),
    });
    expect(paths['/api/v1/registries/{registry}/things:import']?.['post']?.security).toEqual([]);
  });

  it('leaves optional what the caller may leave out', () => {
    const operation = paths['/api/v1/registries/{registry}/things/{name}']?.['put'];
    expect(JSON.stringify(operation?.requestBody)).not.toContain('"required":["size"');
  });
});
