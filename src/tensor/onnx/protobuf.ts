// The few protobuf wire types that an ONNX file needs. Writes only.
// Field numbers are in graph.ts; the format: https://protobuf.dev/programming-guides/encoding/

const utf8 = new TextEncoder()

/** A message under construction: chunks, so that large tensors are copied once. */
export class Message {
  readonly #chunks: Uint8Array[] = []
  #pending: number[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  #varint(value: number): void {
    let rest = value
    if (rest < 0) {
      // a negative int64 takes ten bytes, two's complement
      let big = BigInt(rest) + (1n << 64n)
      for (; big > 127n; big >>= 7n) this.#byte(Number(big & 127n) | 128)
      this.#byte(Number(big))
      return
    }
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128)
    this.#byte(rest)
  }

  #byte(byte: number): void {
    this.#pending.push(byte)
    this.#length++
  }

  #flush(): void {
    if (this.#pending.length > 0) this.#chunks.push(Uint8Array.from(this.#pending))
    this.#pending = []
  }

  int(field: number, value: number): this {
    this.#varint(field * 8)
    this.#varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + 5)
    for (const byte of new Uint8Array(Float32Array.of(value).buffer)) this.#byte(byte)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + 2)
    this.#varint(value.length)
    this.#flush()
    this.#chunks.push(value)
    this.#length += value.length
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value))
  }

  message(field: number, value: Message): this {
    this.#varint(field * 8 + 2)
    this.#varint(value.length)
    this.#flush()
    value.#flush()
    for (const chunk of value.#chunks) this.#chunks.push(chunk)
    this.#length += value.length
    return this
  }

  finish(): Uint8Array {
    this.#flush()
    const out = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      out.set(chunk, at)
      at += chunk.length
    }
    return out
  }
}
