// The worker protocol: JSON lines over two private pipes, file descriptor 3 (requests) and 4 (replies).
// Standard output and standard error of a worker belong to the user's prints and go to the log.
//
//   worker → {"hello": {"protocol": 1, "pid": …}}            once, before anything slow is imported
//   parent → {"id": 1, "op": "train", "args": {…}}           one at a time
//   worker → {"id": 1, "items": […]}                         any number, for ops that stream (train, data)
//   worker → {"id": 1, "ok": …} or {"id": 1, "error": ErrorReport}
//   worker → {"beat": n}                                     each second, from a thread that user code cannot block
//   parent → {"cancel": 1}                                   the op ends early, after the step it is in, with ok
//
// Numbers follow json.ts ({"$number": "NaN"}). A line is at most `maxLine` bytes. When descriptor 3 ends, the worker exits.
import { z } from 'zod'

export const protocolVersion = 1
/** 64 MiB: the byte budget of per-sample outputs lies below it. */
export const maxLine = 64 * 1024 * 1024

export const operation = z.enum([
  'describe',
  'open',
  'train',
  'evaluate',
  'data',
  'state',
  'persist',
  'perturb',
  'schedule',
  'order',
  'survey',
  'weights',
  'close',
])
export type Operation = z.infer<typeof operation>

const optional = z
  .string()
  .nullish()
  .transform((v) => v ?? undefined)
export const errorReport = z.object({
  code: z.string(),
  message: z.string(),
  where: optional,
  excerpt: optional,
  seen: optional,
  expected: optional,
  try: optional,
  trace: optional,
})

export const reply = z.union([
  z.object({ hello: z.object({ protocol: z.int(), pid: z.int() }) }),
  z.object({ beat: z.number() }),
  z.object({ id: z.int(), items: z.array(z.unknown()) }),
  z.object({ id: z.int(), error: errorReport }),
  z.object({ id: z.int(), ok: z.unknown() }),
])
export type Reply = z.infer<typeof reply>
