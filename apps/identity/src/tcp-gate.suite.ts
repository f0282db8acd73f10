import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut: connections end and no new one comes about until it is mended. */
export class TcpGate {
  private readonly sockets = new Set<Socket>();
  private port = 0;

  private constructor(
    private readonly target: URL,
    private server: Server,
  ) {}

  /** @param target a URL with host and port */
  static async to(target: string): Promise<TcpGate> {
    const gate = new TcpGate(new URL(target), createServer());
    await gate.mend();
    return gate;
  }

  /** The target's URL by way of the gate. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  async mend(): Promise<void> {
    this.server = createServer((socket) => this.pass(socket));
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private pass(socket: Socket): void {
    const other = connect(Number(this.target.port), this.target.hostname);
    for (const [one, peer] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.sockets.add(one);
      one.on('close', () => {
        this.sockets.delete(one);
        peer.destroy();
      });
      one.on('error', () => one.destroy());
      one.pipe(peer);
    }
  }
}
