import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { buffer as collect } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** What the proxy does with a request instead of passing it on. */
export type Fault =
  /** The server never hears of it: 503 SlowDown. */
  | 'slow-down'
  /** The server never hears of it: 404 without a body. */
  | 'missing'
  /** The server never hears of it: the connection ends. */
  | 'cut-before'
  /** The server does it; the connection ends instead of the answer. */
  | 'cut-after'
  /** The connection ends in the middle of the answer's body. */
  | 'cut-within'
  /** The server does it at once; its answer takes `latencyMs`. */
  | 'late-answer'
  /** The server hears of it after `latencyMs`, whether the client still waits or not. */
  | 'late-request';

/** An HTTP proxy before one server that disturbs what `faultOf` names. */
export class FaultProxy {
  /** Every request that came, as `METHOD path?query`. */
  readonly seen: string[] = [];
  latencyMs = 0;
  faultOf: (asked: string, index: number) => Fault | null = () => null;
  private readonly server = createServer((req, res) => void this.answer(req, res));

  constructor(private readonly target: string) {}

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(req: IncomingMessage, res: ServerResponse): void {
    const asked = `${req.method} ${req.url}`;
    const fault = this.faultOf(asked, this.seen.push(asked) - 1);
    if (fault === 'slow-down' || fault === 'missing' || fault === 'cut-before') {
      req.resume().once('end', () => refuse(fault, res));
      return;
    }
    const { hostname, port } = new URL(this.target);
    const options = { hostname, port, method: req.method, path: req.url, headers: req.headers };
    const forward = () => {
      const forwarded = request(options, (answer) => this.passAnswer(answer, res, fault));
      return forwarded.once('error', () => res.destroy());
    };
    if (fault === 'late-request') void this.forwardLate(req, forward);
    else req.pipe(forward());
  }

  private async forwardLate(req: IncomingMessage, forward: () => Writable): Promise<void> {
    const body = await collect(req);
    await delay(this.latencyMs);
    forward().end(body);
  }

  private passAnswer(answer: IncomingMessage, res: ServerResponse, fault: Fault | null): void {
    if (fault === 'late-answer') setTimeout(() => pass(answer, res, fault), this.latencyMs);
    else pass(answer, res, fault);
  }
}

function refuse(fault: 'slow-down' | 'missing' | 'cut-before', res: ServerResponse): void {
  if (fault === 'cut-before') res.destroy();
  else if (fault === 'missing') res.writeHead(404).end();
  else {
    const body = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
    res.writeHead(503, { 'content-type': 'application/xml' }).end(body);
  }
}

function pass(answer: IncomingMessage, res: ServerResponse, fault: Fault | null): void {
  if (fault === 'cut-after') {
    answer.resume().once('end', () => res.destroy());
    return;
  }
  res.writeHead(answer.statusCode ?? 502, answer.headers);
  if (fault === 'cut-within') answer.once('data', (chunk: Buffer) => res.write(chunk, () => res.destroy()));
  else answer.pipe(res);
}
