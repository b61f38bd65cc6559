// The worker protocol: JSON lines over two private pipes, file descriptor 3 (requests) and 4 (replies).
// Standard output and standard error of a worker belong to the user's prints and go to the log.
//
//   worker → {"hello": {"protocol": 1, "pid": …}}            once, before anything slow is imported
//   parent → {"id": 1, "op": "train", "args": {…}}           one at a time
//   worker → {"id": 1, "items": […]}                         any number, for ops that stream (train, data); step records may come
//                                                            as columns (engine/columns.ts)
//   worker → {"id": 1, "ok": …} or {"id": 1, "error": ErrorReport}
//   worker → {"beat": n}                                     each second, from a thread that user code cannot block
//   parent → {"cancel": 1}                                   the op ends early, after the step it is in, with ok
//   parent → {"pause": 1}                                    begin no further step; worker → {"id": 1, "begun": n}, at once,
//                                                            from a thread that the step in hand cannot block
//   parent → {"until": n, "of": 1}                           go on, and end the op with ok after its n-th step
//
// Cancel is for a worker alone; pause and until end several that wait for each other after the same step.
//
// A process that we did not start (attach) speaks the same over one TCP connection; its hello carries the token it was given.
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
  'determinism',
  'own',
  'dependencies',
  'weights',
  'fresh',
  'close',
])
export type Operation = z.infer<typeof operation>

const optional = z
  .string()
  .nullish()
  .transform((v) => v ?? undefined)
const fault = z.object({
  code: z.string(),
  message: z.string(),
  where: optional,
  excerpt: optional,
  seen: optional,
  expected: optional,
  try: optional,
  trace: optional,
})
export const errorReport = fault.extend({
  /** Further faults found in the same pass. */
  also: z
    .array(fault)
    .nullish()
    .transform((v) => v ?? undefined),
})

/** The first message of a worker. What a worker that joins by itself adds is `joined` below. */
const hello = z.object({ protocol: z.int(), pid: z.int() })

/** The hello of a worker that we did not start. */
export const joined = z.object({
  hello: hello.extend({
    token: z.string(),
    rank: z.int().min(0),
    world: z.int().min(1),
    /** Says which process this is, where we asked one for a fresh start. */
    session: z.string().nullable(),
    /** Why it cannot start itself anew; null where it can. */
    stays: z.string().nullable(),
    /** What was started, for people. */
    program: z.string(),
  }),
})
export type Joined = z.infer<typeof joined>['hello']

export const reply = z.union([
  z.object({ hello }),
  z.object({ beat: z.number() }),
  z.object({ id: z.int(), items: z.array(z.unknown()) }),
  z.object({ id: z.int(), begun: z.int() }),
  z.object({ id: z.int(), error: errorReport }),
  z.object({ id: z.int(), ok: z.unknown() }),
])
export type Reply = z.infer<typeof reply>
