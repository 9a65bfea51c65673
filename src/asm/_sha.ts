/** SHA-1 and SHA-256 (FIPS 180-4). Written out here, as the digest of the web platform is asynchronous. */

const BLOCK_SIZE = 64;

/** Mixes a block into the state. The first 16 words of `schedule` are the block, the rest is room for more. */
type Mix = (state: DataView, schedule: DataView) => void;

const SHA1_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

// deno-fmt-ignore
const SHA256_START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

// deno-fmt-ignore
const SHA256_CONSTANTS = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/** The SHA-1 digest, 20 bytes. */
export function sha1(message: Uint8Array): Uint8Array {
  return digest(message, SHA1_START, 80, mixSha1);
}

/** The SHA-256 digest, 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  return digest(message, SHA256_START, 64, mixSha256);
}

function digest(message: Uint8Array, start: readonly number[], rounds: number, mix: Mix): Uint8Array {
  const state = new DataView(new ArrayBuffer(4 * start.length));
  start.forEach((word, i) => setWord(state, i, word));
  // The message, a 1 bit, zeros, and the length in bits as 64 bits.
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_SIZE) * BLOCK_SIZE);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const schedule = new Uint8Array(4 * rounds);
  const words = new DataView(schedule.buffer);
  for (let at = 0; at < padded.length; at += BLOCK_SIZE) {
    schedule.set(padded.subarray(at, at + BLOCK_SIZE));
    mix(state, words);
  }
  return new Uint8Array(state.buffer);
}

function mixSha1(state: DataView, w: DataView): void {
  for (let i = 16; i < 80; i++) {
    setWord(w, i, rotate(word(w, i - 3) ^ word(w, i - 8) ^ word(w, i - 14) ^ word(w, i - 16), 31));
  }
  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  let e = word(state, 4);
  for (let i = 0; i < 80; i++) {
    let f: number;
    if (i < 20) f = (b & c | ~b & d) + 0x5a827999;
    else if (i < 40) f = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) f = (b & c | b & d | c & d) + 0x8f1bbcdc;
    else f = (b ^ c ^ d) + 0xca62c1d6;
    const next = rotate(a, 27) + f + e + word(w, i) | 0;
    e = d;
    d = c;
    c = rotate(b, 2);
    b = a;
    a = next;
  }
  addWords(state, [a, b, c, d, e]);
}

function mixSha256(state: DataView, w: DataView): void {
  for (let i = 16; i < 64; i++) {
    const x = word(w, i - 15);
    const y = word(w, i - 2);
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3;
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ y >>> 10;
    setWord(w, i, word(w, i - 16) + s0 + word(w, i - 7) + s1);
  }
  let a = word(state, 0);
  let b = word(state, 1);
  let c = word(state, 2);
  let d = word(state, 3);
  let e = word(state, 4);
  let f = word(state, 5);
  let g = word(state, 6);
  let h = word(state, 7);
  SHA256_CONSTANTS.forEach((k, i) => {
    const choice = e & f ^ ~e & g;
    const majority = a & b ^ a & c ^ b & c;
    const t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + k + word(w, i) | 0;
    const t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority | 0;
    h = g;
    g = f;
    f = e;
    e = d + t1 | 0;
    d = c;
    c = b;
    b = a;
    a = t1 + t2 | 0;
  });
  addWords(state, [a, b, c, d, e, f, g, h]);
}

/** Rotates 32 bits to the right. */
function rotate(value: number, by: number): number {
  return value >>> by | value << 32 - by;
}

function word(words: DataView, index: number): number {
  return words.getUint32(4 * index);
}

function setWord(words: DataView, index: number, value: number): void {
  words.setUint32(4 * index, value);
}

function addWords(state: DataView, values: readonly number[]): void {
  values.forEach((value, i) => setWord(state, i, word(state, i) + value));
}
