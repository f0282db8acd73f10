import { Controller, Delete, Get, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { isAppError } from '@berth/errors';
import { ForDataPlane, Route } from '@berth/http';
import { ociError, type Digest, type RepositoryName } from '@berth/oci';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../admitted-caller.js';
import { addressOf } from '../caller.js';
import { routeTo, slicePaths } from '../data-plane-request.js';
import { failPoint } from '../fail-point.js';
import { announcedBytes, hasBody } from '../request-body.js';
import type { Upload } from '../upload.js';
import { parseContentRange } from './content-range.js';
import { ContinueUpload, type ContinuedUpload } from './continue-upload.js';
import { FinishUpload } from './finish-upload.js';
import { MountBlob } from './mount-blob.js';
import { StartUpload, type Uploader } from './start-upload.js';
import { TakeWholeBlob } from './take-whole-blob.js';
import { uploadBodyOf } from './upload-body.js';
import type { Chunk } from './write-upload.js';

/** POST of `/v2/<name>/blobs/uploads/`, and PATCH, PUT, GET and DELETE of the uploads that it starts. */
@Controller()
export class UploadBlobController {
  constructor(
    private readonly startUpload: StartUpload,
    private readonly takeWholeBlob: TakeWholeBlob,
    private readonly mountBlob: MountBlob,
    private readonly continueUpload: ContinueUpload,
    private readonly finishUpload: FinishUpload,
  ) {}

  /** With `?digest=` the body is the blob. With `?mount=` it may be here already; else this starts an upload. */
  @Post(slicePaths.startUpload)
  @ForDataPlane()
  @Route({ statuses: [201, 202, 400, 401, 403, 429, 503] })
  async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, query } = routeTo(request.raw, 'start-upload');
    const { digest, mount, from, digestAlgorithm } = query;
    const uploader = uploaderOf(request, name);
    if (digest !== null) {
      const chunk = chunkOf(request);
      await cutting({ request, reply, upload: null }, () => this.takeWholeBlob.take(uploader, digest, chunk));
      return created(reply, name, digest);
    }
    if (mount !== null && (await this.mountBlob.mount(uploader, { digest: mount, from }))) {
      return created(reply, name, mount);
    }
    const upload = await this.startUpload.start(uploader, digestAlgorithm ?? 'sha256');
    sendProgress(reply.code(202), upload, 0);
  }

  @Patch(slicePaths.appendUpload)
  @ForDataPlane()
  @Route({ statuses: [202, 400, 401, 403, 404, 416, 503] })
  async append(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { uploader, upload } = await this.find(request);
    const offset = await cutting({ request, reply, upload }, async () =>
      this.continueUpload.append(uploader, upload, rangedChunkOf(request)),
    );
    sendProgress(reply.code(202), upload, offset);
  }

  @Put(slicePaths.finishUpload)
  @ForDataPlane()
  @Route({ statuses: [201, 400, 401, 403, 404, 416, 503] })
  async finish(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { name, query } = routeTo(request.raw, 'upload');
    const { uploader, upload } = await this.find(request);
    const { digest } = query;
    if (digest === null) throw ociError({ code: 'DIGEST_INVALID', message: 'the digest is missing' });
    await cutting({ request, reply, upload }, async () => {
      const last = hasBody(request.raw) ? rangedChunkOf(request) : null;
      return this.finishUpload.finish(uploader, upload, { digest, last });
    });
    created(reply, name, digest);
  }

  @Get(slicePaths.uploadStatus)
  @ForDataPlane()
  @Route({ statuses: [204, 401, 403, 404, 503] })
  async status(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { upload } = await this.find(request);
    sendProgress(reply.code(204), upload, upload.offset);
  }

  @Delete(slicePaths.cancelUpload)
  @ForDataPlane()
  @Route({ statuses: [204, 401, 403, 404, 503] })
  async cancel(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { upload } = await this.find(request);
    await this.continueUpload.cancel(upload);
    void reply.code(204).send();
  }

  private async find(request: FastifyRequest): Promise<{ readonly uploader: Uploader; readonly upload: Upload }> {
    const { name, uploadId } = routeTo(request.raw, 'upload');
    const uploader = uploaderOf(request, name);
    return { uploader, upload: await this.continueUpload.find(uploader, uploadId) };
  }
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Null while nobody knows its id. */
  readonly upload: Upload | null;
}

const cutCodes: ReadonlySet<string> = new Set(['BLOB_UPLOAD_INVALID', 'SIZE_INVALID']);

/**
 * A 416 says where the upload is. A caller that lost its right while its bytes arrive, or sends them too slowly or more of
 * them than it said, sends no more.
 */
async function cutting<T>({ request, reply, upload }: Exchange, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (e) {
    if (!isAppError(e)) throw e;
    if (e.kind === 'conflict' && upload !== null) describe(reply, upload, upload.offset);
    const isCut = e.kind === 'unauthenticated' || e.kind === 'denied' || cutCodes.has(e.code ?? '');
    if (isCut && e.kind !== 'conflict' && !request.raw.complete) void reply.header('connection', 'close');
    throw e;
  }
}

function uploaderOf(request: FastifyRequest, name: RepositoryName): Uploader {
  const caller = callerOf(request);
  return { caller, address: addressOf(caller, name) };
}

function chunkOf(request: FastifyRequest): Chunk {
  return { source: uploadBodyOf(request.raw), sizeBytes: null, declaredBytes: announcedBytes(request.raw) };
}

/** @throws AppError 'conflict' (416) for a `Content-Range` that is none */
function rangedChunkOf(request: FastifyRequest): ContinuedUpload {
  const range = parseContentRange(request.headers['content-range']);
  const whole = chunkOf(request);
  const chunk =
    range === null
      ? whole
      : { ...whole, sizeBytes: range.sizeBytes, declaredBytes: whole.declaredBytes ?? range.sizeBytes };
  return { chunk, start: range?.start ?? null };
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
  reply.raw.once('finish', () => failPoint('upload:answered'));
  void reply.code(201).header('location', `/v2/${name}/blobs/${digest}`).header('docker-content-digest', digest).send();
}
