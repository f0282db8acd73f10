import { apiDescriptionPath, type ApiPaths, type InternalClient } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';

/** How a service tells of its routes: what stands in them is for whoever reads the document. */
const described = z.object({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))) });

/** A service whose routes are part of the API. */
export interface DescribedService {
  readonly name: string;
  readonly client: Pick<InternalClient, 'getJson'>;
}

/** How long the parts are believed to be the same: services are replaced by newer ones one after the other. */
const keptMs = 60_000;
/** How long nobody asks again after a failure: everybody may read the document, and each reader must not cost a call. */
const failureKeptMs = 2_000;

/** The API of the whole installation, put together from what each service says of itself. */
@Injectable()
export class DescribeApi {
  private known: { readonly document: Promise<object>; untilMs: number } | null = null;

  constructor(
    private readonly services: readonly DescribedService[],
    private readonly clock: () => number,
  ) {}

  /**
   * @returns an OpenAPI 3.1 document of all routes but those of the data plane, which are OCI's
   * @throws AppError 'unavailable' while a service does not answer: a part would pass for the whole
   */
  async execute(): Promise<object> {
    const now = this.clock();
    if (this.known !== null && now < this.known.untilMs) return this.known.document;
    const asked = { document: this.compose(), untilMs: now + keptMs };
    this.known = asked;
    try {
      return await asked.document;
    } catch (e) {
      asked.untilMs = this.clock() + failureKeptMs;
      throw e;
    }
  }

  private async compose(): Promise<object> {
    const parts = await Promise.all(this.services.map((service) => pathsOf(service)));
    return { ...frame, paths: merged(parts) };
  }
}

async function pathsOf({ name, client }: DescribedService): Promise<Record<string, Record<string, object>>> {
  const { paths } = await client.getJson(apiDescriptionPath, { schema: described });
  const tagged = (operations: Record<string, object>) =>
    Object.fromEntries(Object.entries(operations).map(([method, each]) => [method, { ...each, tags: [name] }]));
  return Object.fromEntries(Object.entries(paths).map(([path, operations]) => [path, tagged(operations)]));
}

/** Two services may answer one address by different methods. */
function merged(parts: readonly Record<string, Record<string, object>>[]): Record<keyof ApiPaths, object> {
  const paths: Record<string, Record<string, object>> = {};
  for (const [path, operations] of parts.flatMap((part) => Object.entries(part))) {
    paths[path] = { ...paths[path], ...operations };
  }
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const frame = {
  openapi: '3.1.0',
  info: {
    title: 'Berth',
    version: 'v1',
    description: 'Management and token API. The data plane, /v2/, is described by the OCI distribution specification.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  components: {
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic', description: 'user or service ID, and password or API key' },
      bearer: { type: 'http', scheme: 'bearer', description: 'a management token' },
    },
    schemas: {
      Problem: {
        type: 'object',
        description: 'RFC 9457 problem details',
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          code: { type: 'string', description: 'for programs; does not change' },
        },
      },
    },
  },
} as const;
