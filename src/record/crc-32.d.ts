// Types of the one function of crc-32 that is used: its package declares them for the other polynomial's file alone.
// No code.
declare module 'crc-32/crc32c.js' {
  const castagnoli: {
    /** CRC-32C of bytes, as a signed 32-bit number. */
    buf(data: Uint8Array, seed?: number): number
  }
  export default castagnoli
}
