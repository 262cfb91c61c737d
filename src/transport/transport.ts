// One byte stream to a client or server, plain or TLS. Plain sockets read into a buffer that is
// reused (the `onread` option of node:net): what `onBytes` gets is valid only during the call.
// Accepted sockets have no public `onread`, so their handle is moved into a new socket; that and
// every other dependence on node:net's inside is kept in this file.

import net from 'node:net';
import tls from 'node:tls';
import { timerMs } from '../common/timer.ts';
import { turnClock } from '../common/turn-clock.ts';
import { rawStream } from './raw-stream.ts';

export interface TransportReceiver {
  /** `buffer[0..length)` is valid during the call, unless `keepReadBuffer` is called in it. */
  onBytes(buffer: Buffer, length: number): void;
  /** What was written has left; called after `write` had answered false. */
  onDrain(): void;
  /** The connection is gone; called once. */
  onClose(error: Error | null): void;
}

/** Who still answers a peer that has closed its side. */
export interface EndReceiver {
  /** The peer sends no more. True: the receiver closes; else it is closed now. */
  onEnd(): boolean;
}

/** Whole seconds count. Where Node.js takes no interval and count, they are 1 s and 10. */
export interface KeepAlive {
  readonly enabled: boolean;
  readonly timeMs: number;
  readonly intervalMs: number;
  readonly retries: number;
}

const readBufferBytes = 65_536;

/** Pieces of answers that are put together hold no more: more costs more to copy than to send. */
const soonBytesMax = 8_192;

/** Clients share one read buffer: everything they send is consumed or copied during the call. */
const sharedReadBuffer = Buffer.allocUnsafeSlow(readBufferBytes);

export class Transport {
  #socket: net.Socket;
  #receiver: TransportReceiver | null = null;
  #endReceiver: EndReceiver | null = null;
  #readBuffer: Buffer;
  #replaceReadBuffer = false;
  #closed = false;
  #paused = false;
  #pendingBytes = 0;
  /** Of those that were pending, what the kernel took since. */
  #takenBytes = 0;
  /** Writes go to the handle itself. */
  #raw = false;
  #local = false;
  /** What leaves with the next write, or when nothing more runs in this call from the event loop. */
  #soon: Buffer[] = [];
  #soonBytes = 0;
  #error: Error | null = null;

  private constructor(readBuffer: Buffer) {
    this.#readBuffer = readBuffer;
    this.#socket = new net.Socket();
  }

  /** Takes over a socket that a server with `pauseOnConnect` accepted; `local`: a Unix socket. */
  static accepted(socket: net.Socket, local = false): Transport {
    const transport = new Transport(sharedReadBuffer);
    transport.#local = local;
    const { _handle: handle } = socket as unknown as { _handle: unknown };
    const inner = socket as unknown as { _handle: unknown };
    inner._handle = null;
    const options = { handle, onread: transport.#onRead(), allowHalfOpen: true };
    transport.#use(new net.Socket(options as unknown as net.SocketConstructorOpts));
    return transport;
  }

  /** Opens a connection; resolves when it is established. */
  static connect(options: net.NetConnectOpts, timeoutMs: number): Promise<Transport> {
    return new Promise((resolve, reject) => {
      const transport = new Transport(Buffer.allocUnsafeSlow(readBufferBytes));
      const socket = net.connect({ ...options, onread: transport.#onRead() } as net.NetConnectOpts);
      const timer = setTimeout(() => {
        socket.destroy(new Error(`no connection within ${timeoutMs} ms`));
      }, timerMs(timeoutMs));
      socket.once('error', reject);
      socket.once('close', () => clearTimeout(timer));
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeListener('error', reject);
        transport.#use(socket);
        resolve(transport);
      });
    });
  }

  set receiver(receiver: TransportReceiver) {
    this.#receiver = receiver;
  }

  set endReceiver(receiver: EndReceiver) {
    this.#endReceiver = receiver;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get encrypted(): boolean {
    return this.#socket instanceof tls.TLSSocket;
  }

  /** The TLS socket, for what its certificate says; null without TLS. */
  get tlsSocket(): tls.TLSSocket | null {
    return this.#socket instanceof tls.TLSSocket ? this.#socket : null;
  }

  /** What is there already, for a receiver that has just taken over. */
  redeliver(bytes: Buffer): void {
    this.#receiver?.onBytes(bytes, bytes.length);
  }

  /** Our own certificate on this connection, in DER; null without TLS. */
  get ownCertificate(): Buffer | null {
    return this.tlsSocket?.getX509Certificate()?.raw ?? null;
  }

  /** What the other side's certificate is, in DER; null without one. */
  get peerCertificate(): Buffer | null {
    return this.tlsSocket?.getPeerX509Certificate()?.raw ?? null;
  }

  /** Bytes written that the kernel has not taken yet. */
  get backlogBytes(): number {
    return this.#pendingBytes;
  }

  /** Grows as the peer takes what was pending. */
  get bytesTaken(): number {
    return this.#takenBytes;
  }

  /** A Unix socket: nobody but this machine can listen in. */
  get local(): boolean {
    return this.#local;
  }

  /** From the peer and to it; the stream counts them itself. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten ?? 0;
  }

  get remoteAddress(): string {
    if (this.#local) return '[local]';
    return `${this.#socket.remoteAddress ?? ''}:${this.#socket.remotePort ?? 0}`;
  }

  /**
   * Sends `bytes`, which the transport keeps until the kernel took them. Answers false when it
   * did not take them at once: then they must stay unchanged (see `keepReadBuffer`).
   */
  write(bytes: Buffer): boolean {
    if (this.#closed) return true;
    return this.#send(this.#soonBytes === 0 ? bytes : this.#joinSoon(bytes));
  }

  /** The same for a small piece of an answer of which more may be at hand: it leaves with what is
   *  written next, at the latest before the event loop looks for anything else to do. */
  writeSoon(bytes: Buffer): boolean {
    if (this.#soonBytes + bytes.length > soonBytesMax) return this.write(bytes);
    if (this.#closed) return true;
    if (this.#soonBytes === 0) flushLater(this);
    this.#soon.push(bytes);
    this.#soonBytes += bytes.length;
    return this.#pendingBytes === 0;
  }

  /** Sends what waits for more. */
  flush(): void {
    if (this.#soonBytes > 0 && !this.#closed) this.#send(this.#takeSoon());
  }

  #joinSoon(bytes: Buffer): Buffer {
    if (bytes.length > soonBytesMax) {
      this.#send(this.#takeSoon());
      return bytes;
    }
    this.#soon.push(bytes);
    this.#soonBytes += bytes.length;
    return this.#takeSoon();
  }

  #takeSoon(): Buffer {
    const pieces = this.#soon;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#soonBytes);
    this.#soon = [];
    this.#soonBytes = 0;
    return bytes;
  }

  #send(bytes: Buffer): boolean {
    if (!this.#raw) {
      this.#pendingBytes += bytes.length;
      this.#socket.write(bytes, error => this.#onWritten(bytes.length, error ?? null));
      return false;
    }
    try {
      this.#pendingBytes += rawStream!.write(this.#socket, bytes, this.#onWritten);
    } catch (error) {
      this.destroy(error as Error);
    }
    return this.#pendingBytes === 0;
  }

  readonly #onWritten = (bytes: number, error: Error | null): void => {
    this.#pendingBytes -= bytes;
    this.#takenBytes += bytes;
    if (error !== null) this.destroy(error);
    else if (this.#pendingBytes === 0 && !this.#closed) this.#receiver?.onDrain();
  };

  /** The bytes given to the current `onBytes` call stay valid after it; reading goes on in a
   *  new buffer. */
  keepReadBuffer(): void {
    this.#replaceReadBuffer = true;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Costs nothing where reading was not paused. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Sends what is written, then closes. */
  end(lastBytes?: Buffer): void {
    if (this.#closed) return;
    if (lastBytes !== undefined) this.write(lastBytes);
    this.flush();
    this.#socket.end();
    // A peer that never reads or never closes must not hold the descriptor.
    const timer = setTimeout(() => this.destroy(), 2_000);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  destroy(error?: Error): void {
    if (error !== undefined) this.#error ??= error;
    this.#socket.destroy();
  }

  /** Probes of an idle connection (tcp(7): TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT). */
  setKeepAlive({ enabled, timeMs, intervalMs, retries }: KeepAlive): void {
    const socket = this.#socket as unknown as {
      setKeepAlive(on: boolean, delayMs: number, intervalMs: number, count: number): void;
    };
    socket.setKeepAlive(enabled, timeMs, intervalMs, retries);
  }

  /** TLS on this stream, we being the server. `received`: what of the handshake was read. */
  startTlsServer(options: tls.TLSSocketOptions, received?: Buffer): void {
    const socket = this.#detach();
    if (received !== undefined) {
      // A TLSSocket takes first what lies in the socket it wraps (lib/internal/tls/wrap.js).
      socket.pause();
      socket.unshift(received);
    }
    this.#use(new tls.TLSSocket(socket, { ...options, isServer: true }));
  }

  /** TLS on this stream, we being the client; resolves when the handshake is done. */
  startTlsClient(options: tls.ConnectionOptions): Promise<void> {
    const socket = this.#detach();
    return new Promise((resolve, reject) => {
      const secure = tls.connect({ ...options, socket });
      secure.once('error', reject);
      // Cut before there was TLS, by the server or by us.
      secure.once('close', () => {
        reject(this.#error ?? new Error('the server closed the connection during the handshake'));
      });
      secure.once('secureConnect', () => {
        secure.removeListener('error', reject);
        this.#use(secure);
        resolve();
      });
    });
  }

  /** The plain socket, its listeners removed, to be wrapped by TLS. */
  #detach(): net.Socket {
    const socket = this.#socket;
    socket.removeAllListeners('close');
    socket.removeAllListeners('data');
    return socket;
  }

  #use(socket: net.Socket): void {
    this.#socket = socket;
    this.#raw = rawStream !== null && !(socket instanceof tls.TLSSocket);
    socket.setNoDelay(true);
    socket.on('error', error => {
      this.#error ??= error;
    });
    socket.on('end', () => {
      if (this.#endReceiver?.onEnd() === true) return;
      // What is still to be written goes out first.
      this.flush();
      if (this.#pendingBytes === 0) socket.destroy();
      else socket.end();
    });
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#receiver?.onClose(this.#error);
    });
    if (socket instanceof tls.TLSSocket) {
      socket.on('data', (chunk: Buffer) => {
        turnClock.stale = true;
        this.#receiver?.onBytes(chunk, chunk.length);
      });
    } else {
      if (this.#raw) rawStream!.read(socket, this.#onRawBytes);
      socket.resume();
    }
  }

  readonly #onRawBytes = (length: number): void => {
    if (this.#closed) return;
    turnClock.stale = true;
    this.#receiver?.onBytes(this.#readBuffer, length);
    if (this.#replaceReadBuffer) rawStream!.replaceBuffer(this.#socket, this.#nextReadBuffer()!);
  };

  #onRead(): { buffer: () => Buffer; callback: (length: number, buffer: Uint8Array) => boolean } {
    return {
      // node:net asks before the first read and after each; undefined keeps the buffer.
      buffer: () => this.#nextReadBuffer() as Buffer,
      callback: (length, buffer) => {
        turnClock.stale = true;
        this.#receiver?.onBytes(buffer as Buffer, length);
        return true;
      },
    };
  }

  #readBufferGiven = false;

  #nextReadBuffer(): Buffer | undefined {
    if (this.#replaceReadBuffer) {
      this.#replaceReadBuffer = false;
      this.#readBuffer = Buffer.allocUnsafeSlow(readBufferBytes);
      return this.#readBuffer;
    }
    if (this.#readBufferGiven) return undefined;
    this.#readBufferGiven = true;
    return this.#readBuffer;
  }
}

const holding: Transport[] = [];

/** Ticks come behind promises: whatever goes on by those alone has written what it has to. */
function flushLater(transport: Transport): void {
  if (holding.length === 0) process.nextTick(flushAll);
  holding.push(transport);
}

function flushAll(): void {
  for (const transport of holding) transport.flush();
  holding.length = 0;
}
