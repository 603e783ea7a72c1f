// `node:stream/consumers`: all of a stream as one value.

import { Buffer } from "./buffer.js";

async function buffer(stream) {
  const pieces = [];
  for await (const piece of stream) {
    if (typeof piece === "string") pieces.push(Buffer.from(piece));
    else if (piece instanceof ArrayBuffer) pieces.push(Buffer.from(piece));
    else pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  return Buffer.concat(pieces);
}

async function text(stream) {
  const decoder = new TextDecoder();
  let out = "";
  for await (const piece of stream) out += typeof piece === "string" ? piece : decoder.decode(piece, { stream: true });
  return out + decoder.decode();
}

async function arrayBuffer(stream) {
  const { buffer: whole, byteOffset, byteLength } = await buffer(stream);
  return whole.slice(byteOffset, byteOffset + byteLength);
}

const json = async (stream) => JSON.parse(await text(stream));
const blob = async (stream) => new Blob([await buffer(stream)]);
const bytes = async (stream) => new Uint8Array(await arrayBuffer(stream));

export default { arrayBuffer, blob, buffer, bytes, json, text };
