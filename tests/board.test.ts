// The board over real run folders: made by real trainings, torn, hostile, or still being written while it looks.
// Not its page, which a browser looks at in tests/slow/board.test.ts.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Board, openBoard } from '../src/board/index.ts'
import type { Changes, Curves, Row, Runs, Selection } from '../src/board/view.ts'
import { gonogo } from '../src/cli/gonogo.fixture.ts'
import { checkCode, fromJson } from '../src/contract/index.ts'
import { experimentText, writeExperiment } from '../src/engine/experiment.fixture.ts'
import { acquireLock, openJournal } from '../src/record/index.ts'
import { train } from '../src/run.ts'

const skip = new Map(checkCode.options.filter((code) => code !== 'I1').map((check) => [check, 'on trial elsewhere']))
let root = ''
let pages = ''
let board: Board
const runs = { plain: '', stopped: '' }

const trained = async (name: string, more = ''): Promise<string> => {
  const file = join(root, `${name}.run.yaml`)
  const length = 'train: { length: { steps: 60 }, batch_size: 8 }\nevaluate: { every: { steps: 10 } }\n'
  writeFileSync(file, `gonogo: 1\nname: ${name}\nexperiment: ./experiment.ts\nthreads: 1\n${length}${more}`)
  return (await train(file, { skip })).run
}

beforeAll(async () => {
  root = dirname(writeExperiment(experimentText()))
  writeFileSync(join(root, 'package.json'), '{}')
  pages = mkdtempSync(join(tmpdir(), 'gonogo-pages-'))
  mkdirSync(join(pages, 'assets'))
  writeFileSync(join(pages, 'index.html'), '<!doctype html><title>board</title>')
  writeFileSync(join(pages, 'assets', 'page-1a2b.js'), 'export {}')
  writeFileSync(join(pages, 'secret.env'), 'no page')
  const home = process.cwd()
  process.chdir(root)
  runs.plain = await trained('plain')
  // beside the run that it names: equal but for its seed, and patience ends it
  runs.stopped = await trained(
    'stopped',
    `seed: 1\nstop: { mode: stop, baseline: ${runs.plain}, patience: { evaluations: 1, min_delta: 2 } }\n`,
  )
  process.chdir(home)
  board = await openBoard({ root, port: 0, pages, every: 50 })
})
afterAll(() => board[Symbol.asyncDispose]())

const get = async <T>(path: string): Promise<T> => {
  const reply = await fetch(new URL(path, board.url))
  expect(reply.status, path).toBe(200)
  return fromJson(await reply.text()) as T
}
const rowOf = async (run: string, query = ''): Promise<Row> =>
  (await get<Runs>(`/api/runs${query}`)).rows.find((row) => row.run === run)!

/** With headers of one's own, which fetch does not allow. */
const raw = (
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; text: string }> =>
  new Promise((done, failed) => {
    request({ host: '127.0.0.1', port: board.port, path, method, headers }, (reply) => {
      let text = ''
      reply.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      reply.on('end', () => done({ status: reply.statusCode ?? 0, text }))
    })
      .on('error', failed)
      .end()
  })

describe('runs', () => {
  test('state, progress, objective, poll and where a run stands are what its folder says', async () => {
    const plain = await rowOf(runs.plain)
    expect(plain).toMatchObject({ state: 'done', step: 60, steps: 60, seed: 0, against: null })
    expect(plain.objective).toMatchObject({ name: 'val_accuracy', direction: 'max' })
    expect(plain.spark).toHaveLength(6)
    expect(plain.poll).toMatchObject({ verdict: 'GO' })
    expect(new Map(plain.poll?.counts).get('GO')).toBe(1)
    const stopped = await rowOf(runs.stopped)
    expect(stopped).toMatchObject({ state: 'stopped', seed: 1 })
    expect(stopped.word).toContain('val_accuracy')
    expect(stopped.against).toMatchObject({ kind: 'measured', name: runs.plain, seeds: 1, spread: null })
  })

  test('a pinned run measures all others, and not itself', async () => {
    expect((await rowOf(runs.plain, `?pinned=${runs.stopped}`)).against).toMatchObject({ name: runs.stopped })
    expect((await rowOf(runs.stopped, `?pinned=${runs.stopped}`)).against).toBeNull()
    // a name that leads nowhere pins nothing
    expect((await rowOf(runs.stopped, '?pinned=../../etc')).against).toMatchObject({ name: runs.plain })
  })

  test('a page that is opened at one run, before anything has been read, has that run', async () => {
    await using fresh = await openBoard({ root, port: 0, pages })
    const reply = await fetch(new URL(`/api/selection?run=${runs.plain}`, fresh.url))
    expect((fromJson(await reply.text()) as Selection).details.map(({ run }) => run)).toEqual([runs.plain])
  })

  test('curves are the journal, and a baseline is drawn beside its metric', async () => {
    const recorded = readFileSync(join(root, 'runs', runs.plain, 'journal.jsonl'), 'utf8')
      .split('\n')
      .flatMap((line) => /"event":(\{.*\})\}$/.exec(line)?.[1] ?? [])
      .map((event) => JSON.parse(event))
    const losses = recorded.flatMap((event) =>
      event.type === 'steps' ? event.records.map((r: { loss: number }) => Number(r.loss.toPrecision(7))) : [],
    )
    const loss = await get<Curves>(`/api/curves?run=${runs.plain}&metric=loss`)
    expect(loss.lines[0]?.last).toEqual(losses)
    expect(loss.x).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    const objective = await get<Curves>(`/api/curves?run=${runs.stopped}&metric=val_accuracy`)
    expect(objective.reference).toMatchObject({ name: runs.plain, seeds: 1, low: null })
    expect(objective.reference?.middle.filter((v) => v !== null)).toHaveLength(6)
    const timed = await get<Curves>(`/api/curves?run=${runs.plain}&metric=loss&axis=time&smooth=0.5`)
    expect([...timed.x]).toEqual(timed.x.toSorted((a, b) => a - b))
    expect(timed.lines[0]?.smooth?.at(-1)).toEqual(expect.any(Number))
  })

  test('findings, decisions with their numbers, and only what differs', async () => {
    const { details, metrics, differences, unknown } = await get<Selection>(
      `/api/selection?run=${runs.plain}&run=${runs.stopped}&run=nobody`,
    )
    expect(unknown).toEqual(['nobody'])
    expect(metrics[0]).toEqual({ name: 'val_accuracy', kind: 'objective' })
    expect(details[0]?.poll?.findings.find(({ check }) => check === 'I1')).toMatchObject({ status: 'GO' })
    const patience = details[1]?.decisions.find(({ reason }) => reason === 'patience')
    expect(patience).toMatchObject({ action: 'stop', sentence: expect.stringContaining('val_accuracy') })
    expect(patience?.numbers.length).toBeGreaterThan(0)
    expect(differences.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['seed', 'stop.mode', 'stop.baseline', 'stop.patience.evaluations']),
    )
    expect(differences.map(({ key }) => key)).not.toContain('train.batch_size')
  })

  test('the audit says what the command line says', async () => {
    const said = await gonogo(['savings', root])
    const { sentences } = await get<{ sentences: [string, string][] }>('/api/audit')
    for (const [label, sentence] of sentences)
      expect(said.out.replace(/\s+/g, ' ')).toContain(`${label} ${sentence}`.replace(/\s+/g, ' '))
  })
})

describe('a run that is being written', () => {
  test('comes over the live stream: first running, then each evaluation, then its end', async () => {
    const reply = await fetch(new URL('/api/events', board.url))
    const decoder = new TextDecoder()
    const seen: Row[] = []
    const reader = reply.body!.getReader()
    let text = ''
    const until = async (what: (row: Row) => boolean): Promise<Row> => {
      for (;;) {
        const found = seen.find(what)
        if (found !== undefined) return found
        const { value, done } = await reader.read()
        if (done) throw new Error('the stream has ended')
        text += decoder.decode(value, { stream: true })
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const data = /^data: (\{.*)$/m.exec(text.slice(0, end))?.[1]
          if (data !== undefined) seen.push(...(fromJson(data) as Changes).rows)
          text = text.slice(end + 2)
        }
      }
    }
    const home = process.cwd()
    process.chdir(root)
    const running = trained('live')
    await until((row) => row.run.startsWith('live-') && row.state === 'running')
    const run = await running
    process.chdir(home)
    expect(await until((row) => row.run === run && row.state === 'done')).toMatchObject({ step: 60 })
    await reader.cancel()
  })

  test('without an end it runs while its lock lives, and crashed when nobody holds it', async () => {
    const copy = join(root, 'runs', 'half-0001')
    cpSync(join(root, 'runs', runs.plain), copy, { recursive: true })
    const journal = join(copy, 'journal.jsonl')
    const lines = readFileSync(journal, 'utf8').split('\n')
    const cut = lines.findIndex((line) => line.includes('"type":"evaluated","step":20'))
    // and the line after it is torn
    writeFileSync(journal, `${lines.slice(0, cut + 1).join('\n')}\n${lines[cut + 1]?.slice(0, 60)}`)
    expect(await rowOf('half-0001')).toMatchObject({ state: 'crashed', step: 20 })
    {
      await using _lock = await acquireLock(copy)
      expect(await rowOf('half-0001')).toMatchObject({ state: 'running', step: 20 })
      // whoever resumes cuts the tail, goes back, and writes on
      await using writer = await openJournal(journal)
      await writer.record({ type: 'resumed', fromStep: 10, fromEpoch: 1, checkpoint: null, passedOver: [] })
      expect((await rowOf('half-0001')).spark).toHaveLength(1)
    }
    const loss = await get<Curves>('/api/curves?run=half-0001&metric=loss')
    expect(loss.x.at(-1)).toBe(10)
    const { details } = await get<Selection>('/api/selection?run=half-0001')
    expect(details[0]?.resumes).toEqual([{ fromStep: 10, again: 10 }])
  })
})

describe('what others wrote', () => {
  test('damage and newer formats are rows that say so, and hide nobody else', async () => {
    const damaged = join(root, 'runs', 'damaged-0001')
    cpSync(join(root, 'runs', runs.plain), damaged, { recursive: true })
    const journal = join(damaged, 'journal.jsonl')
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('"epoch":1', '"epoch":7'))
    const newer = join(root, 'runs', 'newer-0001')
    mkdirSync(newer)
    writeFileSync(join(newer, 'run.json'), '{"gonogo": 99}')
    expect(await rowOf('damaged-0001')).toMatchObject({ state: 'unreadable', why: expect.stringContaining('damaged') })
    expect(await rowOf('newer-0001')).toMatchObject({ state: 'unreadable', why: expect.stringContaining('newer') })
    expect(await rowOf(runs.plain)).toMatchObject({ state: 'done' })
    const { details } = await get<Selection>('/api/selection?run=damaged-0001&run=newer-0001')
    expect(details.map(({ poll }) => poll)).toEqual([null, null])
  })

  test('names of metrics are text: shown without control characters, found again by what is shown', async () => {
    const hostile = join(root, 'runs', 'hostile-0001')
    cpSync(join(root, 'runs', runs.plain), hostile, { recursive: true })
    const journal = join(hostile, 'journal.jsonl')
    writeFileSync(journal, readFileSync(journal, 'utf8').split('\n').slice(0, 2).join('\n').concat('\n'))
    const metrics = JSON.parse('{"<img src=x onerror=alert(1)>": 1, "a\\u001b[31m\\u202eb": 2, "__proto__": 3}')
    {
      await using writer = await openJournal(journal)
      await writer.record({ type: 'evaluated', step: 1, epoch: 1, metrics, samples: 1, seconds: 1 })
      await writer.record({ type: 'warned', code: 'X', message: 'two\nlines \u001b[2J' })
    }
    await get<Runs>('/api/runs')
    const found = await get<Selection>('/api/selection?run=hostile-0001')
    const names = found.metrics.map(({ name }) => name)
    expect(names).toEqual(['<img src=x onerror=alert(1)>', 'a\\x1b[31m\\u{202e}b', '__proto__'])
    expect(found.details[0]?.warnings).toEqual(['two lines \\x1b[2J'])
    for (const [i, name] of names.entries()) {
      const curves = await get<Curves>(`/api/curves?run=hostile-0001&metric=${encodeURIComponent(name)}`)
      expect(curves.lines[0]?.last).toEqual([i + 1])
    }
  })

  test('no name in an address is a path', async () => {
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/secret.env', '/assets/..%2f..%2fpackage.json'])
      expect((await raw(path, { host: `127.0.0.1:${board.port}` })).status, path).toBe(404)
    expect(await get<Selection>('/api/selection?run=../../package.json')).toMatchObject({ details: [] })
    expect((await raw('/preflight/..%2f..%2fpackage.json', { host: `127.0.0.1:${board.port}` })).status).toBe(404)
  })
})

describe('the door', () => {
  test('another host name, another method and another site are refused', async () => {
    const own = `127.0.0.1:${board.port}`
    expect((await raw('/api/runs', { host: `evil.example:${board.port}` })).status).toBe(421)
    expect((await raw('/api/runs', { host: '127.0.0.1' })).status).toBe(421)
    expect((await raw('/api/runs', { host: `LOCALHOST:${board.port}` })).status).toBe(200)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, text } = await raw('/api/runs', { host: own }, method)
      expect([status, text]).toEqual([405, 'a board is only looked at\n'])
    }
    expect(
      (await raw('/api/runs', { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).status,
    ).toBe(403)
    const visit = { host: own, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await raw('/', visit)).status).toBe(200)
  })

  test('every reply carries its policy; a report may style itself and run nothing', async () => {
    const { headers } = await fetch(board.url)
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('access-control-allow-origin')).toBeNull()
    const report = await fetch(new URL(`/preflight/${runs.plain}`, board.url))
    expect(report.headers.get('content-security-policy')).toMatch(/^sandbox allow-same-origin; default-src 'none'/)
    expect(report.headers.get('content-security-policy')).not.toContain('script-src')
    expect(await report.text()).toContain('<title>GO · plain')
  })

  test('a port that is taken, a page that is not built and a port that is none are told', async () => {
    await expect(openBoard({ root, port: board.port, pages })).rejects.toMatchObject({ code: 'BOARD_PORT_TAKEN' })
    await expect(openBoard({ root, port: 0, pages: join(root, 'runs') })).rejects.toMatchObject({
      code: 'BOARD_NOT_BUILT',
    })
    const { code, err } = await gonogo(['board', root, '--port', 'http'])
    expect([code, err]).toEqual([2, expect.stringContaining('USAGE_PORT')])
  })

  test('nothing is written by looking', async () => {
    const files = () =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => {
          const { size, mtimeMs } = statSync(join(entry.parentPath, entry.name))
          return `${entry.parentPath}/${entry.name} ${size} ${mtimeMs}`
        })
        .sort()
    const before = files()
    await get<Runs>('/api/runs')
    await get<Selection>(`/api/selection?run=${runs.plain}&run=half-0001`)
    await get<Curves>(`/api/curves?run=${runs.plain}&metric=loss`)
    await get('/api/audit')
    await fetch(new URL(`/preflight/${runs.plain}`, board.url))
    expect(files()).toEqual(before)
  })
})
