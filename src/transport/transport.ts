// One byte stream to a client or server, plain or TLS. Plain sockets read into a buffer that is
// reused (the `onread` option of node:net): what `onBytes` gets is valid only during the call.
// Accepted sockets have no public `onread`, so their handle is moved into a new socket; that and
// every other dependence on node:net's inside is kept in this file.

import net from 'node:net';
import tls from 'node:tls';
import { timerMs } from '../common/timer.ts';
import { rawWriter } from './raw-write.ts';

export interface TransportReceiver {
  /** `buffer[0..length)` is valid during the call, unless `keepReadBuffer` is called in it. */
  onBytes(buffer: Buffer, length: number): void;
  /** What was written has left; called after `write` had answered false. */
  onDrain(): void;
  /** The connection is gone; called once. */
  onClose(error: Error | null): void;
}

const readBufferBytes = 65_536;

/** Clients share one read buffer: everything they send is consumed or copied during the call. */
const sharedReadBuffer = Buffer.allocUnsafeSlow(readBufferBytes);

export class Transport {
  #socket: net.Socket;
  #receiver: TransportReceiver | null = null;
  #readBuffer: Buffer;
  #replaceReadBuffer = false;
  #closed = false;
  #pendingBytes = 0;
  /** Writes go to the handle itself. */
  #raw = false;
  #error: Error | null = null;

  private constructor(readBuffer: Buffer) {
    this.#readBuffer = readBuffer;
    this.#socket = new net.Socket();
  }

  /** Takes over a socket that a server with `pauseOnConnect` accepted. */
  static accepted(socket: net.Socket): Transport {
    const transport = new Transport(sharedReadBuffer);
    const { _handle: handle } = socket as unknown as { _handle: unknown };
    const inner = socket as unknown as { _handle: unknown };
    inner._handle = null;
    const options = { handle, onread: transport.#onRead(), allowHalfOpen: false };
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

  /** Bytes written that the kernel has not taken yet. */
  get backlogBytes(): number {
    return this.#pendingBytes;
  }

  get remoteAddress(): string {
    return `${this.#socket.remoteAddress ?? ''}:${this.#socket.remotePort ?? 0}`;
  }

  /**
   * Sends `bytes`, which the transport keeps until the kernel took them. Answers false when it
   * did not take them at once: then they must stay unchanged (see `keepReadBuffer`).
   */
  write(bytes: Buffer): boolean {
    if (this.#closed) return true;
    if (!this.#raw) {
      this.#pendingBytes += bytes.length;
      this.#socket.write(bytes, error => this.#onWritten(bytes.length, error ?? null));
      return false;
    }
    try {
      this.#pendingBytes += rawWriter!.write(this.#socket, bytes, this.#onWritten);
    } catch (error) {
      this.destroy(error as Error);
    }
    return this.#pendingBytes === 0;
  }

  readonly #onWritten = (bytes: number, error: Error | null): void => {
    this.#pendingBytes -= bytes;
    if (error !== null) this.destroy(error);
    else if (this.#pendingBytes === 0 && !this.#closed) this.#receiver?.onDrain();
  };

  /** The bytes given to the current `onBytes` call stay valid after it; reading goes on in a
   *  new buffer. */
  keepReadBuffer(): void {
    this.#replaceReadBuffer = true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends what is written, then closes. */
  end(lastBytes?: Buffer): void {
    if (this.#closed) return;
    if (lastBytes !== undefined) this.write(lastBytes);
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

  setKeepAlive(enabled: boolean, initialDelayMs: number): void {
    this.#socket.setKeepAlive(enabled, initialDelayMs);
  }

  /** Answers a client's SSLRequest: TLS on this stream, we being the server. */
  startTlsServer(options: tls.TLSSocketOptions): void {
    const socket = this.#detach();
    this.#use(new tls.TLSSocket(socket, { ...options, isServer: true }));
  }

  /** TLS on this stream, we being the client; resolves when the handshake is done. */
  startTlsClient(options: tls.ConnectionOptions): Promise<void> {
    const socket = this.#detach();
    return new Promise((resolve, reject) => {
      const secure = tls.connect({ ...options, socket });
      secure.once('error', reject);
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
    this.#raw = rawWriter !== null && !(socket instanceof tls.TLSSocket);
    socket.setNoDelay(true);
    socket.on('error', error => {
      this.#error ??= error;
    });
    // Half-closed by the peer: what is still to be written goes out first.
    socket.on('end', () => {
      if (this.#pendingBytes === 0) socket.destroy();
    });
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#receiver?.onClose(this.#error);
    });
    if (socket instanceof tls.TLSSocket) {
      socket.on('data', (chunk: Buffer) => this.#receiver?.onBytes(chunk, chunk.length));
    } else {
      socket.resume();
    }
  }

  #onRead(): { buffer: () => Buffer; callback: (length: number, buffer: Uint8Array) => boolean } {
    return {
      // node:net asks before the first read and after each; undefined keeps the buffer.
      buffer: () => this.#nextReadBuffer() as Buffer,
      callback: (length, buffer) => {
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
