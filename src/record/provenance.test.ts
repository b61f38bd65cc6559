// Provenance from a real git repository, from none, and from one that would like to run programs.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectProvenance } from './provenance.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-provenance-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const git = (...args: string[]) =>
  execFileSync(
    'git',
    ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...args],
    { encoding: 'utf8' },
  ).trim()
const collect = () =>
  collectProvenance({
    folder,
    seed: 7,
    threads: 2,
    packages: { gonogo: '0.1.0' },
    command: ['gonogo', 'train', '--token', 'abc'],
  })
const commit = () => {
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(folder, 'train.py'), 'a = 1\n')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
}

test('outside of a repository: everything but git', async () => {
  const provenance = await collect()
  expect(provenance.git).toBeNull()
  expect(provenance).toMatchObject({
    seed: 7,
    threads: 2,
    folder,
    command: ['gonogo', 'train', '--token', '[redacted]'],
  })
  expect(provenance.versions).toMatchObject({ gonogo: '0.1.0', node: process.versions.node })
  expect(provenance.hardware.cores).toBeGreaterThan(0)
  expect(provenance.hardware.memory).toBeGreaterThan(1e8)
  expect(Number.isNaN(Date.parse(provenance.time))).toBe(false)
})

test('no git on the machine', async () => {
  const path = process.env.PATH
  process.env.PATH = folder
  try {
    expect((await collect()).git).toBeNull()
  } finally {
    process.env.PATH = path
  }
})

test('a clean commit on a branch', async () => {
  commit()
  expect((await collect()).git).toMatchObject({
    commit: git('rev-parse', 'HEAD'),
    branch: 'main',
    remote: null,
    dirty: false,
    diff: '',
    cut: false,
    untracked: [],
  })
})

test('changes, new files and a remote, without their secrets', async () => {
  commit()
  git('remote', 'add', 'origin', 'https://me:s3cr3t@example.org/x.git')
  writeFileSync(join(folder, 'train.py'), 'a = 2\nPASSWORD = "hunter2"\n')
  writeFileSync(join(folder, '.env'), 'TOKEN=abcdefgh\n')
  const provenance = await collect()
  expect(provenance.git).toMatchObject({
    remote: 'https://[redacted]@example.org/x.git',
    dirty: true,
    untracked: ['.env'],
  })
  expect(provenance.git?.diff).toContain('-a = 1\n+a = 2\n+PASSWORD = [redacted]\n')
  expect(JSON.stringify(provenance)).not.toMatch(/hunter2|s3cr3t|abcdefgh/)
  const digest = provenance.git?.diffSha256
  writeFileSync(join(folder, 'train.py'), 'a = 2\nPASSWORD = "hunter3"\n')
  expect((await collect()).git?.diffSha256).not.toBe(digest)
})

test('before the first commit, and with a detached head', async () => {
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(folder, 'a.py'), 'a = 1\n')
  git('add', '.')
  expect((await collect()).git).toMatchObject({
    commit: null,
    branch: 'main',
    dirty: true,
    diff: expect.stringContaining('+a = 1'),
  })
  git('commit', '--quiet', '-m', 'first')
  git('checkout', '--quiet', '--detach')
  expect((await collect()).git).toMatchObject({ branch: null, dirty: false })
})

test('a long diff is cut at a line, and its whole length and digest are told', async () => {
  commit()
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} of a long change ${'x'.repeat(9)}\n`)
  writeFileSync(join(folder, 'train.py'), lines.join(''))
  const state = (await collect()).git
  expect(state?.cut).toBe(true)
  expect(state?.diff.length).toBeLessThanOrEqual(1 << 20)
  expect(state?.diff.endsWith('\n')).toBe(true)
  expect(state?.diffBytes).toBeGreaterThan(lines.join('').length)
})

test('programs that the repository configures do not run', async () => {
  commit()
  const ran = join(folder, 'ran')
  const script = join(folder, '.git', 'evil.sh')
  writeFileSync(script, `#!/bin/sh\ntouch ${ran}\ncat "$@"\n`, { mode: 0o755 })
  git('config', 'core.fsmonitor', script)
  git('config', 'diff.external', script)
  git('config', 'diff.evil.textconv', script)
  git('config', 'diff.evil.command', script)
  git('config', 'core.pager', script)
  writeFileSync(join(folder, '.git', 'info', 'attributes'), '*.py diff=evil\n')
  writeFileSync(join(folder, 'train.py'), 'a = 3\n')
  expect((await collect()).git?.diff).toContain('+a = 3')
  expect(existsSync(ran)).toBe(false)
})
