/** Comparisons of jumps. */

/** Whether a jump of 64 bits is taken; operations are those of `JUMP` in src/asm, shifted right by 4. */
export function jumps64(operation: number, dl: number, dh: number, sl: number, sh: number): boolean {
  switch (operation) {
    case 0x1: // JEQ
      return dl === sl && dh === sh;
    case 0x5: // JNE
      return dl !== sl || dh !== sh;
    case 0x2: // JGT
      return dh === sh ? (dl >>> 0) > (sl >>> 0) : (dh >>> 0) > (sh >>> 0);
    case 0x3: // JGE
      return dh === sh ? (dl >>> 0) >= (sl >>> 0) : (dh >>> 0) > (sh >>> 0);
    case 0xa: // JLT
      return dh === sh ? (dl >>> 0) < (sl >>> 0) : (dh >>> 0) < (sh >>> 0);
    case 0xb: // JLE
      return dh === sh ? (dl >>> 0) <= (sl >>> 0) : (dh >>> 0) < (sh >>> 0);
    case 0x4: // JSET
      return ((dl & sl) | (dh & sh)) !== 0;
    case 0x6: // JSGT
      return dh === sh ? (dl >>> 0) > (sl >>> 0) : dh > sh;
    case 0x7: // JSGE
      return dh === sh ? (dl >>> 0) >= (sl >>> 0) : dh > sh;
    case 0xc: // JSLT
      return dh === sh ? (dl >>> 0) < (sl >>> 0) : dh < sh;
    default: // JSLE
      return dh === sh ? (dl >>> 0) <= (sl >>> 0) : dh < sh;
  }
}

/** Whether a jump of 32 bits is taken. */
export function jumps32(operation: number, d: number, s: number): boolean {
  switch (operation) {
    case 0x1: // JEQ
      return d === s;
    case 0x5: // JNE
      return d !== s;
    case 0x2: // JGT
      return (d >>> 0) > (s >>> 0);
    case 0x3: // JGE
      return (d >>> 0) >= (s >>> 0);
    case 0xa: // JLT
      return (d >>> 0) < (s >>> 0);
    case 0xb: // JLE
      return (d >>> 0) <= (s >>> 0);
    case 0x4: // JSET
      return (d & s) !== 0;
    case 0x6: // JSGT
      return d > s;
    case 0x7: // JSGE
      return d >= s;
    case 0xc: // JSLT
      return d < s;
    default: // JSLE
      return d <= s;
  }
}
