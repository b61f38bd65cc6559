// Ctrl-C in a real process: once, twice, and twice at the same moment.
// Not what training does with it.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'

const program = `
const { interruptible } = await import(${JSON.stringify(join(import.meta.dirname, 'signals.ts'))})
using i = interruptible({ first: () => console.log('first'), atOnce: () => console.log('at once') })
const alive = setInterval(() => {}, 1000)
console.log('ready')
await new Promise((resolve) => i.signal.addEventListener('abort', resolve))
await new Promise((resolve) => setTimeout(resolve, 1500))
console.log('saved')
clearInterval(alive)
`

/** Sends signals, each so many ms after the one before; gives what was said and how it ended. */
const interrupted = async (...signals: [NodeJS.Signals, number][]) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  const ready = Promise.withResolvers<void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.push(...text.trim().split('\n'))
    ready.resolve()
  })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  await ready.promise
  for (const [signal, after] of signals) {
    await wait(after)
    child.kill(signal)
  }
  return { code: await ended, said }
}

test.concurrent('once: it is asked to end, and ends in its own time', async () => {
  expect(await interrupted(['SIGINT', 0])).toEqual({ code: 0, said: ['ready', 'first', 'saved'] })
})
test.concurrent('SIGTERM counts as the first', async () => {
  expect(await interrupted(['SIGTERM', 0])).toEqual({ code: 0, said: ['ready', 'first', 'saved'] })
})
test.concurrent('twice: at once, with 130', async () => {
  expect(await interrupted(['SIGINT', 0], ['SIGINT', 700])).toEqual({ code: 130, said: ['ready', 'first', 'at once'] })
})
test.concurrent('one Ctrl-C that arrives twice is one', async () => {
  expect(await interrupted(['SIGINT', 0], ['SIGINT', 50])).toEqual({ code: 0, said: ['ready', 'first', 'saved'] })
})
