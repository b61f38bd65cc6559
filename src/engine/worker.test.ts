import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type GonogoError, maxLine } from '../contract/index.ts'
import { WorkerProcess } from './worker.ts'

/** A worker that answers every request with the same lines, in a process of its own. */
const answering = (answer: string, before = 'reply(\'{"hello":{"protocol":1,"pid":1}}\')', start = 20) => {
  const script = join(mkdtempSync(join(tmpdir(), 'gonogo-answer-')), 'worker.mjs')
  writeFileSync(
    script,
    `import { Socket } from 'node:net'
const out = new Socket({ fd: 4 })
const reply = (line) => out.write(line + '\\n')
new Socket({ fd: 3 }).on('data', () => { ${answer} }).on('end', () => process.exit(0))
${before}`,
  )
  return WorkerProcess.start({ command: process.execPath, args: [script], deadlines: { start } })
}

const failure = async (work: Promise<unknown>): Promise<GonogoError> =>
  work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: GonogoError) => error,
  )

it('hands on every fault that a worker reports, in their order', async () => {
  const also = [
    { code: 'SECOND', message: 'the second', where: 'experiment.py:2:1' },
    { code: 'THIRD', message: 'the third', seen: '3' },
  ]
  const worker = await answering(
    `reply(${JSON.stringify(JSON.stringify({ id: 1, error: { code: 'FIRST', message: 'the first', also } }))})`,
  )
  const error = await failure(worker.call('evaluate', {}))
  expect(error.report()).toMatchObject({ code: 'FIRST', also })
  await worker.close()
})

it('refuses a message without end, and ends its sender', async () => {
  const worker = await answering(`for (let i = 0; i < 70; i++) out.write('x'.repeat(${maxLine / 64}))`)
  const error = await failure(worker.call('evaluate', {}))
  expect(error).toMatchObject({ code: 'WORKER_MESSAGE_TOO_LARGE' })
  await worker.close()
  expect(() => process.kill(worker.pid ?? 0, 0)).toThrow()
})

it('does not wait for ever for a hello', async () => {
  const error = await failure(answering('', 'setInterval(() => {}, 1000)', 0.5))
  expect(error).toMatchObject({ code: 'WORKER_HUNG', message: "the experiment's process has not said hello" })
})

it('hears a heart that beats, and still ends an operation that makes no progress', async () => {
  const worker = await WorkerProcess.start({
    command: process.execPath,
    args: [
      '-e',
      `const s = new (require('net').Socket)({ fd: 4 })
       s.write('{"hello":{"protocol":1,"pid":1}}\\n')
       setInterval(() => s.write('{"beat":1}\\n'), 100)
       new (require('net').Socket)({ fd: 3 }).resume()`,
    ],
    deadlines: { silence: 1, progress: 2 },
  })
  const started = performance.now()
  const error = await failure(worker.call('evaluate', {}))
  expect(error.code).toBe('WORKER_HUNG')
  expect(performance.now() - started).toBeGreaterThan(1900)
  await worker.close()
})
