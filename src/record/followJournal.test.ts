// A journal that is followed while a real writer writes it: nothing twice, nothing torn, nothing of an older file.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followJournal } from './followJournal.ts'
import { openJournal } from './journal.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-follow-'))
  path = join(folder, 'journal.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const warned = (message: string) => ({ type: 'warned', code: 'T', message }) as const

const reader = () => {
  const follower = followJournal(path)
  let seen: string[] = []
  let restarts = 0
  const look = () =>
    follower.look({
      line: ({ json }) => seen.push(JSON.parse(json()).message),
      anew: () => {
        seen = []
        restarts++
      },
    })
  return { look, seen: () => seen, restarts: () => restarts }
}

const write = async (...messages: string[]) => {
  await using journal = await openJournal(path)
  for (const message of messages) journal.append(warned(message))
}

test('each look hands on what is new, and says whether there was anything', async () => {
  const { look, seen } = reader()
  expect(await look()).toBe(false)
  await write('a', 'b')
  expect(await look()).toBe(true)
  expect(await look()).toBe(false)
  await write('c – with ünïcode 🚀')
  expect(await look()).toBe(true)
  expect(seen()).toEqual(['a', 'b', 'c – with ünïcode 🚀'])
})

test('a line that is half written waits for its other half', async () => {
  await write('a', 'b')
  const whole = readFileSync(path)
  const half = whole.length - 20
  truncateSync(path, half)
  const { look, seen, restarts } = reader()
  await look()
  expect(seen()).toEqual(['a'])
  expect(await look()).toBe(false)
  appendFileSync(path, whole.subarray(half))
  expect(await look()).toBe(true)
  expect(seen()).toEqual(['a', 'b'])
  expect(restarts()).toBe(0)
})

test('a torn tail that the next writer cuts is never seen', async () => {
  await write('a')
  appendFileSync(
    path,
    '{"crc":"00000000","seq":2,"synced":1,"at":"2026-01-01T00:00:00.000Z","event":{"type":"warned"}}\n',
  )
  const { look, seen } = reader()
  await look()
  expect(seen()).toEqual(['a'])
  await write('b')
  await look()
  expect(seen()).toEqual(['a', 'b'])
})

test('another file in its place is read from its start', async () => {
  const { look, seen, restarts } = reader()
  await write('a', 'b', 'c')
  await look()
  rmSync(path)
  await write('x')
  await look()
  expect(seen()).toEqual(['x'])
  rmSync(path)
  await write('longer than all that was there before', 'y', 'z')
  await look()
  expect(seen()).toEqual(['longer than all that was there before', 'y', 'z'])
  expect(restarts()).toBe(2)
})

test('damage in the middle is told as reading tells it, once; what is mended is read', async () => {
  const { look, seen } = reader()
  for (const message of ['a', 'b', 'c']) {
    // each its own opening, so that each is known to be safe when the next is written
    await write(message)
  }
  const whole = readFileSync(path, 'utf8')
  writeFileSync(path, whole.replace('"message":"b"', '"message":"B"'))
  await expect(look()).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' })
  expect(await look()).toBe(false)
  writeFileSync(path, whole.slice(0, whole.indexOf('\n') + 1))
  await look()
  expect(seen()).toEqual(['a'])
})
