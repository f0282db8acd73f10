import { Controller, Get, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { ForDataPlane, Route } from '@berth/http';
import { ociError, type Digest, type RepositoryName } from '@berth/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { addressOf } from '../caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { bodyOf, hasBody } from '../request-body.js';
import type { Upload } from '../upload.js';
import { parseContentRange } from './content-range.js';
import { ContinueUpload } from './continue-upload.js';
import { FinishUpload } from './finish-upload.js';
import { StartUpload, type Uploader } from './start-upload.js';
import type { Chunk } from './write-upload.js';

/** POST of `/v2/<name>/blobs/uploads/`, and PATCH, PUT and GET of the uploads that it starts. */
@Controller()
export class UploadBlobController {
  constructor(
    private readonly startUpload: StartUpload,
    private readonly continueUpload: ContinueUpload,
    private readonly finishUpload: FinishUpload,
  ) {}

  /** With `?digest=` the body is the blob. `?mount=` starts an ordinary upload: mounting is not offered. */
  @Post(slicePaths.startUpload)
  @ForDataPlane()
  @Route({ statuses: [201, 202, 400, 401, 503] })
  async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, query } = routeTo(request.raw, 'start-upload');
    const uploader = uploaderOf(request, name);
    if (query.digest !== null) {
      await this.startUpload.takeWhole(uploader, query.digest, chunkOf(request));
      return created(reply, name, query.digest);
    }
    const upload = await this.startUpload.start(uploader, query.digestAlgorithm ?? 'sha256');
    sendProgress(reply.code(202), upload, 0);
  }

  @Patch(slicePaths.appendUpload)
  @ForDataPlane()
  @Route({ statuses: [202, 400, 401, 404, 416, 503] })
  async append(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, uploadId } = routeTo(request.raw, 'upload');
    const uploader = uploaderOf(request, name);
    const upload = await this.continueUpload.find(uploader, uploadId);
    describe(reply, upload, upload.offset);
    const range = parseContentRange(request.headers['content-range']);
    const chunk = { ...chunkOf(request), ...(range === null ? {} : { sizeBytes: range.sizeBytes }) };
    const offset = await this.continueUpload.append(uploader, upload, { chunk, start: range?.start ?? null });
    sendProgress(reply.code(202), upload, offset);
  }

  @Put(slicePaths.finishUpload)
  @ForDataPlane()
  @Route({ statuses: [201, 400, 401, 404, 416, 503] })
  async finish(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, uploadId, query } = routeTo(request.raw, 'upload');
    const uploader = uploaderOf(request, name);
    const upload = await this.continueUpload.find(uploader, uploadId);
    if (query.digest === null) throw ociError({ code: 'DIGEST_INVALID', message: 'the digest is missing' });
    const lastChunk = hasBody(request.raw) ? chunkOf(request) : null;
    await this.finishUpload.finish(uploader, upload, { digest: query.digest, lastChunk });
    created(reply, name, query.digest);
  }

  @Get(slicePaths.uploadStatus)
  @ForDataPlane()
  @Route({ statuses: [204, 401, 404, 503] })
  async status(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, uploadId } = routeTo(request.raw, 'upload');
    const upload = await this.continueUpload.find(uploaderOf(request, name), uploadId);
    sendProgress(reply.code(204), upload, upload.offset);
  }
}

function uploaderOf(request: FastifyRequest, name: RepositoryName): Uploader {
  const caller = callerOf(request);
  return { caller, address: addressOf(caller, name) };
}

function chunkOf(request: FastifyRequest): Chunk {
  return { source: bodyOf(request.raw), sizeBytes: null };
}

function sendProgress(reply: FastifyReply, upload: Upload, offset: number): void {
  void describe(reply, upload, offset).send();
}

/** Where the upload is and what comes next; a relative address, so it is right behind any proxy. */
function describe(reply: FastifyReply, { id, address }: Upload, offset: number): FastifyReply {
  return reply
    .header('location', `/v2/${address.name}/blobs/uploads/${id}`)
    .header('range', `0-${Math.max(0, offset - 1)}`)
    .header('docker-upload-uuid', id);
}

function created(reply: FastifyReply, name: RepositoryName, digest: Digest): void {
  void reply.code(201).header('location', `/v2/${name}/blobs/${digest}`).header('docker-content-digest', digest).send();
}
