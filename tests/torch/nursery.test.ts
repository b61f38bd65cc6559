// Workers that are forked from one import: what they share, what they do not, and what happens when that process cannot be had.
// Real commands and real PyTorch. That the checks still find what they should is preflight.test.ts.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))
const shared = fileURLToPath(new URL('../../corpus/shared/torch', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gonogo-nursery-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const packages = join(folder, 'site-packages')
const births = join(folder, 'births.txt')

beforeAll(() => {
  const python = process.env.GONOGO_TEST_PYTHON
  if (!python) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
  process.env.GONOGO_PYTHON = python
  mkdirSync(packages)
  // a package says which process has imported it; it counts as installed, not as the user's
  const noted = (what: string) =>
    `import os\nwith open(${JSON.stringify(births)}, "a") as file: file.write("${what} %d\\n" % os.getpid())\n`
  writeFileSync(join(packages, 'quiet_package.py'), noted('package'))
  writeFileSync(join(packages, 'drawing_package.py'), `${noted('package')}import torch\nSHIFT = torch.rand(3)\n`)
  for (const [name, first] of [
    ['quiet', 'import quiet_package'],
    ['drawing', 'import drawing_package'],
  ] as const) {
    mkdirSync(join(folder, name))
    cpSync(join(here, 'healthy', 'run.yaml'), join(folder, name, 'run.yaml'))
    writeFileSync(
      join(folder, name, 'experiment.py'),
      `import sys\nsys.path.insert(0, ${JSON.stringify(shared)})\nfrom classifier import Classifier\n${first}\n${noted('experiment')}
class Healthy(Classifier):
    pass
`,
    )
  }
})

type Ended = {
  code: number | null
  findings: { check: string; status: string; cause: string | null }[]
  births: string[]
}

const check = async (name: string, meanwhile: (pid: number) => void = () => {}): Promise<Ended> => {
  rmSync(births, { force: true })
  const child = spawn(
    process.execPath,
    ['--conditions=gonogo-source', main, 'check', '--json', join(folder, name, 'run.yaml')],
    {
      env: { ...process.env, PYTHONPATH: packages, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
  })
  meanwhile(child.pid ?? 0)
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve))
  const findings = text.trim() ? JSON.parse(text).findings : []
  return { code, findings, births: readFileSync(births, 'utf8').trim().split('\n') }
}

const of = (births: readonly string[], what: string) =>
  births.filter((line) => line.startsWith(what)).map((line) => line.split(' ')[1])
const scratch = () => readdirSync(folder).filter((name) => name.startsWith('gonogo-'))

it('imports packages once for all but two processes, the experiment in each, and leaves nothing behind', async () => {
  const { code, findings, births } = await check('quiet')
  expect(findings.filter(({ status }) => status === 'NO-GO')).toEqual([])
  expect(code).toBe(0)
  const [packagesIn, experimentsIn] = [of(births, 'package'), of(births, 'experiment')]
  expect(new Set(experimentsIn).size).toBeGreaterThanOrEqual(5)
  // the one that describes the experiment, the nursery, and the twin that shares nothing
  expect(new Set(packagesIn).size).toBe(3)
  expect(scratch()).toEqual([])
})

it('a package that draws numbers as it is imported: every process is started, and the verdict is the same', async () => {
  const { code, findings, births } = await check('drawing')
  expect(findings.filter(({ status }) => status === 'NO-GO')).toEqual([])
  expect(code).toBe(0)
  const experimentsIn = of(births, 'experiment')
  expect(of(births, 'package')).toEqual(expect.arrayContaining(experimentsIn))
})

it('goes on without its nursery when that is killed', async () => {
  let killed = 0
  const { code, findings } = await check('quiet', (pid) => {
    const watch = setInterval(() => {
      const own = nurseryOf(pid)
      if (own === null) return
      // once it has forked something
      if (childrenOf(own).length === 0) return
      clearInterval(watch)
      process.kill(own, 'SIGKILL')
      killed = own
    }, 20)
    watch.unref()
  })
  expect(killed).toBeGreaterThan(0)
  expect(findings.filter(({ status }) => status === 'NO-GO')).toEqual([])
  expect(code).toBe(0)
  expect(scratch()).toEqual([])
})

it('gonogo killed with -9 takes its nursery, its workers and their files with it', async () => {
  const seen = new Set<number>()
  const { code } = await check('quiet', (pid) => {
    const watch = setInterval(() => {
      const own = nurseryOf(pid)
      if (own === null) return
      const children = childrenOf(own)
      if (children.length < 2) return
      clearInterval(watch)
      for (const one of [own, ...children]) seen.add(one)
      process.kill(pid, 'SIGKILL')
    }, 20)
    watch.unref()
  })
  expect(code).toBe(null)
  expect(seen.size).toBeGreaterThanOrEqual(3)
  await expect.poll(() => [...seen].filter(isAlive), { timeout: 20_000 }).toEqual([])
  await expect.poll(() => scratch().filter((name) => name.startsWith('gonogo-n-')), { timeout: 20_000 }).toEqual([])
})

const processes = (): { pid: number; parent: number; line: string }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, after = ''] = readFileSync(`/proc/${name}/stat`, 'utf8').split(/\) . /)
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8')
        return [{ pid: Number(name), parent: Number(after.split(' ')[0]), line }]
      } catch {
        return []
      }
    })
const nurseryOf = (gonogo: number): number | null =>
  processes().find(({ parent, line }) => parent === gonogo && line.includes('gonogo.nursery'))?.pid ?? null
const childrenOf = (of: number): number[] => processes().flatMap(({ pid, parent }) => (parent === of ? [pid] : []))
const isAlive = (pid: number): boolean => processes().some((one) => one.pid === pid && one.line.includes('gonogo'))
