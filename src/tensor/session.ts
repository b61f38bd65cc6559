// Runs a program with onnxruntime-node: the only file that knows the runtime, imported when first needed.
// The plain path: results are fresh arrays, copied by the binding.
import type { Tensor as OrtTensor } from 'onnxruntime-node'
import { sizeOf } from './graph/shape.ts'
import type { Port, Program } from './program.ts'

/** Values of a port: the array type of its dtype (bool is Uint8Array). */
export type Values = Float32Array | Int32Array | Uint32Array | Uint8Array

export interface SessionOptions {
  /** Threads of one operator. Results are bitwise repeatable at a fixed count only. */
  readonly threads: number
  /** Prefix of onnxruntime's profile file. */
  readonly profile?: string
}

export interface Session {
  /**
   * One run. Feeds by port name, one for each input; others are ignored. `fetches` limits what comes back.
   * Throws an Error for a missing or mis-sized feed, and onnxruntime's own for a failing node.
   */
  run(feeds: ReadonlyMap<string, Values>, fetches?: readonly string[]): Promise<Map<string, Values>>
  /** Frees the session; a second call does nothing. */
  close(): Promise<void>
}

/** Loads the program into onnxruntime. Memory pattern off (less memory, same speed), arena on. */
export async function openSession(program: Program, options: SessionOptions): Promise<Session> {
  const { default: ort } = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(program.onnx, {
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
  })
  const allFetches = program.outputs.map(({ name }) => name)
  let open = true
  return {
    run: async (feeds, fetches = allFetches) => {
      const given: Record<string, OrtTensor> = Object.create(null)
      for (const port of program.inputs) given[port.name] = feedOf(ort.Tensor, port, feeds.get(port.name))
      const results = await session.run(given, [...fetches])
      return new Map(fetches.map((name) => [name, results[name]!.data as Values]))
    },
    close: async () => {
      if (!open) return
      open = false
      if (options.profile !== undefined) session.endProfiling()
      await session.release()
    },
  }
}

const arrays = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array, bool: Uint8Array } as const

function feedOf(make: typeof OrtTensor, { name, dtype, shape }: Port, values: Values | undefined): OrtTensor {
  if (!values) throw new Error(`no feed for ${name}`)
  if (!(values instanceof arrays[dtype]) || values.length !== sizeOf(shape)) {
    throw new Error(
      `feed ${name}: ${values.constructor.name}(${values.length}), expected ${dtype} [${shape.join(', ')}]`,
    )
  }
  return new make(dtype, values, shape)
}
