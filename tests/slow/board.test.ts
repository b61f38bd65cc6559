// The board's page in a real browser over real runs: table, keys, charts, zoom, audit, both themes, and not one refused resource.
// Skipped, with a message, where there is no Chromium.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildBoard } from '../../scripts/build-board.ts'
import { type Board, openBoard } from '../../src/board/index.ts'
import { checkCode } from '../../src/contract/index.ts'
import { experimentText, writeExperiment } from '../../src/engine/experiment.fixture.ts'
import { openJournal } from '../../src/record/index.ts'
import { train } from '../../src/run.ts'

const executablePath = [
  process.env.GONOGO_CHROMIUM ?? '',
  ...(process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => path.join(folder, name))),
].find((file) => file !== '' && existsSync(file))
if (executablePath === undefined)
  console.warn('tests/slow/board: no Chromium on the PATH, so the page is not looked at; GONOGO_CHROMIUM names one')

const skip = new Map(checkCode.options.filter((code) => code !== 'I1').map((check) => [check, 'on trial elsewhere']))
const hostile = '<img src=x onerror="document.title=1">'

/** A busy machine draws late. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 20_000, interval: 50 })

describe.runIf(executablePath !== undefined)('the page', () => {
  let root = ''
  let runs: string[] = []
  let board: Board
  let browser: Browser
  let page: Page
  /** Errors of scripts, and whatever a policy or a missing file has refused. */
  const complaints: string[] = []

  beforeAll(async () => {
    root = path.dirname(writeExperiment(experimentText()))
    writeFileSync(path.join(root, 'package.json'), '{}')
    const home = process.cwd()
    process.chdir(root)
    for (const [name, more] of [
      ['first', ''],
      ['second', 'seed: 1\nconfig: { width: 4 }\n'],
      ['third', 'seed: 2\nstop: { mode: stop, patience: { evaluations: 1, min_delta: 2 } }\n'],
    ] as const) {
      const file = path.join(root, `${name}.run.yaml`)
      const length = 'train: { length: { steps: 200 }, batch_size: 8 }\nevaluate: { every: { steps: 20 } }\n'
      writeFileSync(file, `gonogo: 1\nname: ${name}\nexperiment: ./experiment.ts\nthreads: 1\n${length}${more}`)
      runs = [...runs, (await train(file, { skip })).run]
    }
    process.chdir(home)
    const pages = mkdtempSync(path.join(tmpdir(), 'gonogo-page-'))
    await buildBoard(pages)
    board = await openBoard({ root, port: 0, pages, every: 100 })
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('requestfailed', (request) => {
      // a chart that is asked for anew lets the older question go
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(request.url())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(board.url) && !request.url().startsWith('data:')) complaints.push(request.url())
    })
  })
  afterAll(async () => {
    await browser.close()
    await board[Symbol.asyncDispose]()
  })

  const rows = () => page.locator('table.runs tbody tr[data-run]')
  const chart = (metric: string) =>
    page.locator('figure.chart', { has: page.locator('b', { hasText: new RegExp(`^${metric}$`) }) })
  // in the page's own words: this file knows no DOM
  /** Pixels of a chart's canvas that are not as the background. */
  const inked = async (metric: string): Promise<number> =>
    Number(
      await page.evaluate(`(() => {
        const figures = [...document.querySelectorAll('figure.chart')]
        const canvas = figures.find((each) => each.querySelector('b').textContent === '${metric}')?.querySelector('canvas')
        const pixels = canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data ?? []
        return pixels.filter((value, i) => i % 4 === 3 && value > 0).length
      })()`),
    )

  test('the table holds every run, newest first, and is searched by key', async () => {
    await page.goto(board.url)
    await soon(() => rows().count()).toBe(3)
    expect(await rows().first().getAttribute('data-run')).toBe(runs[2])
    expect(await rows().first().innerText()).toMatch(/■ stopped[\s\S]*GO/)
    await page.keyboard.press('/')
    await page.keyboard.type('done first')
    await soon(() => rows().count()).toBe(1)
    expect(page.url()).toContain('q=done+first')
    await page.keyboard.press('Enter')
    await page.reload()
    await soon(() => rows().count()).toBe(1)
    await page.locator('input[type=search]').fill('')
  })

  test('j and x choose, Enter draws: every metric has ink, and configs are compared', async () => {
    await page.locator('body').click({ position: { x: 5, y: 700 } })
    for (const key of ['x', 'j', 'x', 'Enter']) await page.keyboard.press(key)
    await soon(() => chart('val_accuracy').count()).toBe(1)
    for (const metric of ['val_accuracy', 'val_loss', 'loss']) {
      await chart(metric).scrollIntoViewIfNeeded()
      await soon(() => inked(metric)).toBeGreaterThan(300)
    }
    const text = await page.locator('main').innerText()
    expect(text).toContain('config.width')
    expect(text).not.toContain('train.batch_size')
    expect(text).toMatch(/STOP[\s\S]*val_accuracy/)
  })

  test('b draws a run as the measure of the others; x hides the one at hand', async () => {
    await page.keyboard.press('b')
    await soon(() => chart('val_loss').locator('.reference').innerText()).toContain(runs[2])
    await page.keyboard.press('b')
    await page.keyboard.press('x')
    await soon(() => chart('val_loss').locator('.values span[title]').count()).toBe(1)
    await page.keyboard.press('x')
    await soon(() => chart('val_loss').locator('.values span[title]').count()).toBe(2)
  })

  test('a drag zooms all charts, Escape shows the whole run again', async () => {
    await chart('val_accuracy').scrollIntoViewIfNeeded()
    const box = (await chart('val_accuracy').locator('.u-over').boundingBox())!
    await page.mouse.move(box.x + 0.2 * box.width, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 60, { steps: 4 })
    await page.mouse.up()
    await soon(() => page.getByRole('button', { name: 'whole run' }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await soon(() => page.getByRole('button', { name: 'whole run' }).count()).toBe(0)
  })

  test('what is recorded now is shown now, and names stay text', async () => {
    await page.goto(`${board.url}#/charts?run=${runs[0]}`)
    await soon(() => chart('val_loss').count()).toBe(1)
    {
      await using journal = await openJournal(path.join(root, 'runs', runs[0]!, 'journal.jsonl'))
      await journal.record({
        type: 'evaluated',
        step: 200,
        epoch: 4,
        metrics: { val_loss: Number.NaN, val_accuracy: 0.123456, [hostile]: 1 },
        samples: 21,
        seconds: 0.1,
      })
    }
    await soon(() => chart('val_loss').locator('.values').innerText()).toContain('NaN')
    await soon(() => page.locator('main').innerText()).toContain(hostile)
    expect(await page.title()).toBe('gonogo board')
  })

  test('the audit is a page of its own; ? shows the keys; both themes are drawn', async () => {
    await page.keyboard.press('3')
    await soon(() => page.locator('.rate').innerText()).toContain('not measured yet')
    await page.keyboard.press('?')
    await soon(() => page.getByRole('dialog').innerText()).toContain('search')
    await page.keyboard.press('?')
    await soon(() => page.getByRole('dialog').count()).toBe(0)
    const grounds = new Set<unknown>()
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      await soon(() => page.locator('html').getAttribute('data-theme')).toBe(scheme)
      grounds.add(await page.evaluate('getComputedStyle(document.body).backgroundColor'))
    }
    expect(grounds.size).toBe(2)
  })

  test('nothing fits badly in a narrow window', async () => {
    await page.setViewportSize({ width: 400, height: 800 })
    for (const hash of ['#/', `#/charts?run=${runs[0]}&run=${runs[1]}`, '#/audit']) {
      await page.goto(board.url + hash)
      await page.waitForTimeout(300)
      const overflow = () => page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
      await soon(overflow).toBeLessThanOrEqual(0)
    }
  })

  test('no script failed, nothing was refused, and nothing but the board was asked', () => {
    expect(complaints).toEqual([])
  })
})
