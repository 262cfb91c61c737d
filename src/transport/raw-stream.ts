// Reads and writes on a socket's handle itself, past node:stream. A write says at once whether the
// kernel took everything, and costs no tick, callback or object when it did; a read costs one call.
// Node's own net.Socket does the same underneath (lib/internal/stream_base_commons.js); what is
// used of it is kept in this file, and where it is not there `rawStream` is null and the socket's
// own `write` and `onread` do.

import type net from 'node:net';
import { getSystemErrorName } from 'node:util';

interface WriteRequest {
  oncomplete: ((this: WriteRequest, status: number) => void) | null;
  /** Keeps the bytes alive while the kernel has not taken them. */
  bytes: Buffer | null;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
  readonly kReadBytesOrError: number;
}

interface StreamHandle {
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
  useUserBuffer(buffer: Buffer): void;
  onread: (this: StreamHandle, arrayBuffer: unknown) => unknown;
}

export interface RawStream {
  /** Calls `onBytes` with the number of bytes read into the buffer that the socket was made with
   *  (`onread`), or that `replaceBuffer` gave it since. All else stays with node:net. */
  read(socket: net.Socket, onBytes: (length: number) => void): void;
  /** Reading goes on in `buffer`. */
  replaceBuffer(socket: net.Socket, buffer: Buffer): void;

  /** Answers bytes that are pending now: 0 when the kernel took them at once. Throws the system
   *  error. `onWritten` is called with the number of bytes when pending ones have left, or with
   *  the error. */
  write(socket: net.Socket, bytes: Buffer, onWritten: OnWritten): number;
}

export type OnWritten = (bytes: number, error: Error | null) => void;

export const rawStream: RawStream | null = open();

function open(): RawStream | null {
  let binding: StreamBinding;
  try {
    const { binding: load } = process as unknown as { binding: (name: string) => StreamBinding };
    binding = load.call(process, 'stream_wrap');
    if (typeof binding.WriteWrap !== 'function') return null;
    if (!(binding.streamBaseState instanceof Int32Array)) return null;
    if (typeof binding.kLastWriteWasAsync !== 'number') return null;
    if (typeof binding.kReadBytesOrError !== 'number') return null;
  } catch {
    return null;
  }
  const read = readerOn(binding);
  const replaceBuffer: RawStream['replaceBuffer'] = (socket, buffer) => {
    handleOf(socket)?.useUserBuffer(buffer);
  };
  return { read, replaceBuffer, write: writerOn(binding) };
}

function readerOn({ streamBaseState, kReadBytesOrError }: StreamBinding): RawStream['read'] {
  return (socket, onBytes) => {
    const handle = handleOf(socket);
    if (handle === null) return;
    const { onread } = handle;
    handle.onread = function onRead(arrayBuffer) {
      const length = streamBaseState[kReadBytesOrError]!;
      if (length <= 0) return onread.call(this, arrayBuffer);
      onBytes(length);
      return undefined;
    };
  };
}

function handleOf(socket: net.Socket): StreamHandle | null {
  return (socket as unknown as { _handle: StreamHandle | null })._handle;
}

function writerOn(binding: StreamBinding): RawStream['write'] {
  const { WriteWrap, streamBaseState, kLastWriteWasAsync } = binding;
  // A request whose write ended at once was not used and serves the next.
  let spare = new WriteWrap();
  return (socket, bytes, onWritten) => {
    const handle = handleOf(socket);
    if (handle === null) return 0;
    const request = spare;
    const status = handle.writeBuffer(request, bytes);
    if (status !== 0) throw systemError(status);
    if (streamBaseState[kLastWriteWasAsync] === 0) return 0;
    spare = new WriteWrap();
    request.bytes = bytes;
    request.oncomplete = written => {
      request.bytes = null;
      onWritten(bytes.length, written < 0 ? systemError(written) : null);
    };
    return bytes.length;
  };
}

function systemError(status: number): Error {
  return new Error(`write ${getSystemErrorName(status)}`);
}
