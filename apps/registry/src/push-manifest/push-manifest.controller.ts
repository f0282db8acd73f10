import { Controller, Put, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import { maxManifestBytes } from '@berth/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { readSmallBody } from '../request-body.js';
import { PushManifest } from './push-manifest.js';

/** A manifest that takes longer is no manifest any more: its sender's right is as old. */
const maxBodyMs = 60_000;

/** PUT of `/v2/<name>/manifests/<reference>`. */
@Controller()
export class PushManifestController {
  constructor(private readonly pushManifest: PushManifest) {}

  @Put(slicePaths.pushManifest)
  @ForDataPlane()
  @Route({ statuses: [201, 400, 401, 403, 413, 414, 503] })
  async push(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, reference, query } = routeTo(request.raw, 'manifest');
    const tags = reference.kind === 'tag' ? [reference.tag] : query.tags;
    const bytes = await readSmallBody(request.raw, { maxBytes: maxManifestBytes, maxMs: maxBodyMs });
    const contentType = request.headers['content-type'] ?? null;
    const { digest, subject } = await this.pushManifest.push(callerOf(request), {
      name,
      reference,
      tags,
      contentType,
      bytes,
    });
    void reply.code(201).header('location', `/v2/${name}/manifests/${digest}`).header('docker-content-digest', digest);
    if (subject !== null) void reply.header('oci-subject', subject);
    // One line for each tag of the query, so that no client has to split it.
    if (query.tags.length > 0) void reply.header('oci-tag', query.tags);
    void reply.send();
  }
}
