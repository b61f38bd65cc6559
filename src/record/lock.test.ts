// The lock, between real processes: a live holder is named, a dead one is replaced, a sleeper that wakes up finds out.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acquireLock, lockHolder } from './lock.ts'
import { lifeOf, startTime, thisProcess } from './processIdentity.ts'

let run = ''
let children: ChildProcess[] = []
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'gonogo-lock-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  rmSync(run, { recursive: true, force: true })
})

const lockModule = JSON.stringify(join(import.meta.dirname, 'lock.ts'))

/** A process that takes the lock, says so, and holds it until it is killed. */
const start = (then = 'setInterval(() => {}, 1000)'): Promise<{ child: ChildProcess; said: string }> => {
  const code = `import { acquireLock } from ${lockModule}
    try { const lock = await acquireLock(${JSON.stringify(run)}, 'gonogo train a.yaml'); console.log('token ' + lock.token); ${then} }
    catch (error) { console.log(error.code + ' ' + error.seen) }`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return new Promise((done) => {
    let said = ''
    child.stdout.on('data', (data) => {
      said += String(data)
      if (said.includes('\n')) done({ child, said: said.trim() })
    })
  })
}
const killed = (child: ChildProcess): Promise<unknown> => {
  const ended = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  return ended
}

describe('between processes', () => {
  test('a live holder is refused by name; once it is killed, the lock is taken over with a higher token', async () => {
    const { child, said } = await start()
    expect(said).toBe('token 1')
    expect(await lockHolder(run)).toMatchObject({ life: 'live', holder: { process: { pid: child.pid } } })
    await expect(acquireLock(run)).rejects.toMatchObject({
      code: 'RUN_IN_USE',
      where: run,
      seen: expect.stringMatching(new RegExp(`^pid ${child.pid} on ${hostname()}, since 2.*Z: gonogo train a.yaml$`)),
      try: `wait for it, or end it: kill -INT ${child.pid}`,
    })
    await killed(child)
    expect(await lockHolder(run)).toMatchObject({ life: 'dead' })
    await using lock = await acquireLock(run)
    expect(lock.token).toBe(2)
    await lock.check()
    expect(readdirSync(join(run, 'lock'))).toEqual(['000002.json'])
  })

  test('of many that find a dead holder at once, one gets the lock', async () => {
    await killed((await start()).child)
    const all = await Promise.all(Array.from({ length: 4 }, () => start()))
    const winners = all.filter(({ said }) => said.startsWith('token '))
    expect(winners.map(({ said }) => said)).toEqual(['token 2'])
    expect(all.filter(({ said }) => said.startsWith(`RUN_IN_USE pid ${winners[0]?.child.pid} `)).length).toBe(3)
  })

  test('within one process too', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(run)))
    expect(attempts.filter((a) => a.status === 'fulfilled').length).toBe(1)
  })
})

test('a released lock is free, and tokens go on growing', async () => {
  for (const token of [1, 2, 3]) {
    const lock = await acquireLock(run)
    expect(lock.token).toBe(token)
    await lock.release()
    await lock.release()
    expect(await lockHolder(run)).toBeNull()
    await expect(lock.check()).rejects.toMatchObject({ code: 'RUN_TAKEN_OVER' })
  }
})

describe('a holder that is judged by what it wrote down', () => {
  const plant = async (change: object, token = '000007') => {
    mkdirSync(join(run, 'lock'), { recursive: true })
    const process = { ...(await thisProcess()), ...change }
    const content = JSON.stringify({ process, since: '2030-01-01T00:00:00.000Z', command: 'x', released: false })
    writeFileSync(join(run, 'lock', `${token}.json`), content)
  }

  test('a pid that was reused is dead: it started at another time', async () => {
    if (process.platform === 'win32') return
    await plant({ started: '1' })
    await using lock = await acquireLock(run)
    expect(lock.token).toBe(8)
  })
  test('from before a restart of this machine: dead, though the pid is in use', async () => {
    await plant({ boot: 'another' })
    await (await acquireLock(run)).release()
  })
  test('on another machine or in another container: nobody can look, so it is refused with what to do', async () => {
    for (const change of [{ host: 'elsewhere', boot: 'b' }, { namespace: 'pid:[1]' }]) {
      await plant(change)
      await expect(acquireLock(run)).rejects.toMatchObject({
        code: 'RUN_IN_USE',
        seen: expect.stringContaining('cannot be looked at from here'),
        try: expect.stringContaining(`rm ${join(run, 'lock', '000007.json')}`),
      })
    }
  })
  test('the host name changed, the machine did not', async () => {
    if (process.platform !== 'linux') return
    await plant({ host: 'before-dhcp' })
    expect(await lockHolder(run)).toMatchObject({ life: 'live' })
  })
  test('a torn lock file holds nothing', async () => {
    mkdirSync(join(run, 'lock'))
    writeFileSync(join(run, 'lock', '000003.json'), '{"proc')
    utimesSync(join(run, 'lock', '000003.json'), 1, 1)
    await using lock = await acquireLock(run)
    expect(lock.token).toBe(4)
  })
  test('a sleeper that was taken over is told, and its release takes nothing away', async () => {
    const sleeper = await acquireLock(run)
    await plant({}, '000002')
    await expect(sleeper.check()).rejects.toMatchObject({
      code: 'RUN_TAKEN_OVER',
      seen: `taken over by pid ${process.pid} on ${hostname()}`,
    })
    await sleeper.release()
    expect(await lockHolder(run)).toMatchObject({ holder: { token: 2 } })
  })
})

test('start times tell processes apart, and a zombie is dead', async () => {
  if (process.platform !== 'linux') return
  const self = await thisProcess()
  expect(self.started).toMatch(/^\d+$/)
  expect(self.boot).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  expect(await startTime(2 ** 22 + 1)).toBeUndefined()
  expect(await lifeOf(self, self)).toBe('live')
  // A shell whose child has ended and is not waited for: exec'ed sleep never asks.
  const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$; exit" & exec sleep 20'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(parent)
  const pid = await new Promise<number>((done) => parent.stdout.once('data', (data) => done(Number(String(data)))))
  await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /)
  expect(await startTime(pid)).toBeUndefined()
})
