// The journal: what was promised is there after any fault, a torn tail is cut, damage in the middle is named.
// Real files and, for kill -9, real processes.
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, faultyDisk } from '../checkpoint/faultyDisk.ts'
import type { RunEvent, StepRecord } from '../contract/index.ts'
import { openJournal } from './journal.ts'
import { firstEvent, lastEvent, readJournal } from './readJournal.ts'

let root = ''
let path = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-journal-'))
  path = join(root, 'journal.jsonl')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const step = (n: number, loss = 1 / n): StepRecord => ({
  step: n,
  epoch: 1,
  loss,
  terms: { loss },
  updates: [{ optimizer: 'adamw', outcome: 'applied', learningRates: [1e-3], gradientNorm: null }],
  samples: { count: 128, digest: 'd' },
  seconds: 0.01,
  wait: 0,
})
const steps = (...list: number[]): RunEvent => ({ type: 'steps', records: list.map((n) => step(n)) })
const evaluated = (n: number, metrics: Record<string, number> = { val_loss: n }): RunEvent => ({
  type: 'evaluated',
  step: n,
  epoch: 1,
  metrics,
  samples: 10,
  seconds: 0.1,
})
const events = async () => (await readJournal(path)).entries.map((e) => e.event)

describe('round trip', () => {
  test('events come back in order, across openings, with NaN and a metric called __proto__', async () => {
    const odd = JSON.parse('{"__proto__":1,"constructor":2}') as Record<string, number>
    const given: RunEvent[] = [
      { type: 'steps', records: [step(1, Number.NaN), step(2, -Infinity)] },
      evaluated(2, { ...odd, val_loss: Number.NaN, zero: -0 }),
      { type: 'warned', code: 'X', message: 'two\nlines  and "quotes" é' },
    ]
    for (const event of given) {
      await using journal = await openJournal(path)
      await journal.record(event)
    }
    const read = await readJournal(path)
    expect(read.entries.map((e) => e.seq)).toEqual([1, 2, 3])
    expect(read).toMatchObject({ torn: null, last: 3, end: readFileSync(path).length })
    expect(read.entries.map((e) => e.event)).toEqual(given)
    const metrics = read.entries[1]?.event
    expect(metrics?.type === 'evaluated' && Object.entries(metrics.metrics)).toEqual(
      Object.entries({ ...odd, val_loss: Number.NaN, zero: -0 }),
    )
  })

  test('a journal that is not there yet has no events', async () => {
    expect(await readJournal(path)).toEqual({ entries: [], torn: null, end: 0, last: 0 })
    expect(await lastEvent(path)).toBeNull()
  })

  test('steps are written within a second without being asked for, milestones at once', async () => {
    await using journal = await openJournal(path)
    journal.append(steps(1))
    expect(readFileSync(path, 'utf8')).toBe('')
    await pause(1500)
    expect(await events()).toEqual([steps(1)])
    await journal.record(evaluated(1))
    expect(await events()).toEqual([steps(1), evaluated(1)])
  })

  test('long journals: many pieces, only the wanted types, first and last event', async () => {
    const journal = await openJournal(path)
    for (let n = 1; n <= 3000; n++) {
      journal.append(steps(3 * n, 3 * n + 1, 3 * n + 2))
      if (n % 1000 === 0) await journal.record(evaluated(n))
    }
    await journal.close()
    expect(readFileSync(path).length).toBeGreaterThan(1 << 20)
    expect((await readJournal(path, { only: new Set(['evaluated']) })).entries.map((e) => e.seq)).toEqual([
      1001, 2002, 3003,
    ])
    expect((await readJournal(path)).entries.length).toBe(3003)
    expect((await lastEvent(path))?.event).toEqual(evaluated(3000))
    expect(await firstEvent(path, 'steps')).toEqual(steps(3, 4, 5))
    expect(await firstEvent(path, 'evaluated')).toBeNull()
  })
})

describe('a torn tail', () => {
  test('cut anywhere: whole lines are read, the rest is reported, cut, and written anew', async () => {
    const given = [steps(1), evaluated(1), steps(2)]
    {
      await using journal = await openJournal(path)
      for (const event of given) await journal.record(event)
    }
    const whole = readFileSync(path)
    const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1)
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length))
      const lines = ends.filter((end) => end <= length).length
      const rest = length - (ends[lines - 1] ?? 0)
      const read = await readJournal(path)
      expect(read.entries.map((e) => e.event)).toEqual(given.slice(0, lines))
      expect(read.torn, `cut at ${length}`).toEqual(rest === 0 ? null : { line: lines + 1, bytes: rest })
      if (length % 7 !== 0) continue
      {
        await using journal = await openJournal(path)
        expect(journal.cut).toEqual(read.torn)
        await journal.record(evaluated(9))
      }
      expect(await events()).toEqual([...given.slice(0, lines), evaluated(9)])
      expect((await readJournal(path)).torn).toBeNull()
    }
  })

  test('zeros and stray bytes, as a power cut leaves them', async () => {
    for (const tail of [
      Buffer.alloc(5000),
      Buffer.from('\n\n\n'),
      Buffer.from([255, 10, 0, 254]),
      Buffer.from('{"crc":"00000000","seq":2}\n'),
    ]) {
      rmSync(path, { force: true })
      await (await openJournal(path)).close()
      {
        await using journal = await openJournal(path)
        await journal.record(evaluated(1))
      }
      appendFileSync(path, tail)
      expect(await readJournal(path)).toMatchObject({ last: 1, torn: { line: 2, bytes: tail.length } })
      await using journal = await openJournal(path)
      await journal.record(evaluated(2))
      expect(await events()).toEqual([evaluated(1), evaluated(2)])
    }
  })

  test('a hole before lines that were never safe is part of the tail: disks write in any order', async () => {
    {
      await using journal = await openJournal(path)
      await journal.record(evaluated(1))
      for (const n of [2, 3, 4]) journal.append(steps(n))
    }
    const lines = readFileSync(path, 'utf8').split('\n')
    writeFileSync(path, [lines[0], '\0'.repeat(lines[1]?.length ?? 0), lines[2], lines[3], ''].join('\n'))
    expect(await readJournal(path)).toMatchObject({ last: 1, torn: { line: 2 } })
  })
})

describe('damage in the middle is an error with the line', () => {
  const four = async () => {
    await using journal = await openJournal(path)
    for (const n of [1, 2, 3, 4]) await journal.record(evaluated(n))
  }
  test('a flipped bit, in any byte of a line', async () => {
    await four()
    const whole = readFileSync(path)
    const first = whole.indexOf(10) + 1
    const second = whole.indexOf(10, first)
    for (let at = first; at <= second; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      writeFileSync(path, bytes)
      await expect(readJournal(path), `byte ${at}`).rejects.toMatchObject({
        code: 'JOURNAL_DAMAGED',
        where: `${path}:2`,
        seen: 'a line that fails its checksum',
      })
    }
    await expect(openJournal(path)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' })
  })

  test('a removed line, and lines of a second writer', async () => {
    await four()
    const lines = readFileSync(path, 'utf8').split('\n')
    writeFileSync(path, [lines[0], lines[2], ''].join('\n'))
    await expect(readJournal(path)).rejects.toMatchObject({
      seen: 'sequence number 3 where 2 belongs: two writers, or an edit',
    })
    writeFileSync(path, [lines[0], lines[1], lines[1], lines[2], ''].join('\n'))
    await expect(readJournal(path)).rejects.toMatchObject({
      where: `${path}:3`,
      seen: 'sequence number 2 where 3 belongs: two writers, or an edit',
    })
  })

  test('an event that this gonogo does not know', async () => {
    await using journal = await openJournal(path)
    await journal.record({ ...evaluated(1), step: 0.5 } as RunEvent)
    await journal.record(evaluated(2))
    await expect(readJournal(path)).rejects.toMatchObject({
      where: `${path}:1`,
      seen: 'an event that this gonogo does not know',
    })
  })
})

describe('faults', () => {
  const survive = async (fault: Fault): Promise<boolean> => {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    {
      await using journal = await openJournal(path)
      await journal.record(evaluated(1))
      journal.append(steps(2))
    }
    truncateSync(path, readFileSync(path).length - 5)
    const faulty = faultyDisk(root, fault)
    const told = () => `fault ${fault.at} ${fault.kind} ${fault.loses ?? ''}: ${faulty.operations[fault.at - 1]}`
    let promised = 1
    try {
      await using journal = await openJournal(path, { disk: faulty.disk })
      for (const n of [2, 3, 4]) {
        for (let i = 0; i < 40; i++) journal.append(steps(10 * n + i))
        await journal.flush()
        journal.append(steps(n))
        await journal.record(evaluated(n))
        promised = n
      }
    } catch (error) {
      if (fault.kind === 'ENOSPC') expect(error, told()).toMatchObject({ code: 'DISK_FULL' })
      if (fault.kind === 'EIO')
        expect(error, told()).toMatchObject({ code: 'JOURNAL_WRITE', seen: expect.stringContaining('EIO') })
    }
    const evaluations = (await events()).flatMap((e) => (e.type === 'evaluated' ? e.step : []))
    expect(evaluations.slice(0, promised), told()).toEqual([1, 2, 3, 4].slice(0, promised))
    // And the next process goes on.
    {
      await using journal = await openJournal(path)
      await journal.record(evaluated(9))
    }
    const read = await readJournal(path)
    expect(read.torn, told()).toBeNull()
    expect(read.entries.at(-1)?.event, told()).toEqual(evaluated(9))
    expect(read.entries.map((e) => e.seq)).toEqual(read.entries.map((_, i) => i + 1))
    return faulty.fired()
  }
  const kinds: Omit<Fault, 'at'>[] = [
    { kind: 'ENOSPC' },
    { kind: 'EIO' },
    { kind: 'crash', loses: 'unsynced' },
    { kind: 'crash', loses: 'nothing' },
    { kind: 'crash', loses: 5 },
    { kind: 'crash', loses: 77 },
  ]
  test.each(kinds)(
    'every milestone that was promised survives $kind (loses $loses) at every operation',
    async (kind) => {
      let at = 1
      while (await survive({ at, ...kind })) at++
      expect(at).toBeGreaterThan(6)
    },
  )

  test('a new journal survives a crash at every operation', async () => {
    let fired = true
    for (let at = 1; fired; at++) {
      rmSync(root, { recursive: true, force: true })
      mkdirSync(root)
      const faulty = faultyDisk(root, { at, kind: 'crash' })
      const promised: RunEvent[] = []
      try {
        await using journal = await openJournal(path, { disk: faulty.disk })
        for (const n of [1, 2]) {
          await journal.record(evaluated(n))
          promised.push(evaluated(n))
        }
      } catch {
        expect(faulty.fired()).toBe(true)
      }
      expect((await events()).slice(0, promised.length), faulty.operations[at - 1]).toEqual(promised)
      fired = faulty.fired()
    }
  })

  test('after a failed write nothing more is taken: the disk holds an unknown part of it', async () => {
    const { disk } = faultyDisk(root, { at: 4, kind: 'EIO' })
    const journal = await openJournal(path, { disk })
    await expect(journal.record(evaluated(1))).rejects.toMatchObject({ code: 'JOURNAL_WRITE' })
    expect(() => journal.append(steps(2))).toThrow('cannot be written')
    await expect(journal.flush()).rejects.toMatchObject({ code: 'JOURNAL_WRITE' })
    await expect(journal.close()).rejects.toMatchObject({ code: 'JOURNAL_WRITE' })
  })

  test('a process that lost the run writes nothing', async () => {
    const reasons: Error[] = []
    const guard = () => reasons.reduce((_, reason) => Promise.reject(reason), Promise.resolve())
    const journal = await openJournal(path, { guard })
    await journal.record(evaluated(1))
    reasons.push(new Error('taken over'))
    await expect(journal.record(evaluated(2))).rejects.toMatchObject({ code: 'JOURNAL_WRITE', seen: 'taken over' })
    expect(await events()).toEqual([evaluated(1)])
    await journal[Symbol.asyncDispose]()
  })
})

test('kill -9 at any moment leaves a readable beginning with all that was promised', async () => {
  const script = join(root, 'writer.ts')
  const event = JSON.stringify(steps(1, 2, 3))
  writeFileSync(
    script,
    `import { writeSync } from 'node:fs'
     import { openJournal } from ${JSON.stringify(join(import.meta.dirname, 'journal.ts'))}
     const journal = await openJournal(${JSON.stringify(path)})
     for (let n = 1; ; n++) {
       for (let i = 0; i < 50; i++) journal.append(${event})
       await journal.record({ type: 'evaluated', step: n, epoch: 1, metrics: {}, samples: 1, seconds: 0 })
       writeSync(1, n + '\\n')
     }`,
  )
  let promisedInAll = 0
  let before = 0
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (data) => {
      said += String(data)
    })
    const ended = new Promise((done) => child.on('close', done))
    while (said === '' && child.exitCode === null) await pause(5)
    await pause(Math.random() * 60)
    child.kill('SIGKILL')
    await ended
    const promised = said.split('\n').length - 1
    promisedInAll += promised
    const read = await readJournal(path)
    const evaluations = read.entries.flatMap((e) => (e.event.type === 'evaluated' ? e.event.step : []))
    const fresh = evaluations.slice(before)
    expect(fresh).toEqual(fresh.map((_, i) => i + 1))
    expect(fresh.length).toBeGreaterThanOrEqual(promised)
    before = evaluations.length
  }
  expect(promisedInAll).toBeGreaterThan(8)
})
