// Processes that join by themselves: a script, an interactive session, one that dies, one that is not wanted.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/contract/index.ts'
import { addressIn, project, started, until, waiting } from './attached.ts'

const statuses = (text: string): ReadonlySet<string> => {
  const { findings } = JSON.parse(text.slice(text.indexOf('{\n'))) as { findings: Finding[] }
  // without those that need several processes
  return new Set(findings.filter(({ check }) => all.includes(check)).map(({ check, status }) => `${check} ${status}`))
}
const hasSlurm = spawnSync('sinfo', ['--noheader']).status === 0
if (!hasSlurm) console.log('no Slurm cluster answers sinfo: its test is skipped')

const all: readonly string[] = ['C1', 'I1', 'K1', 'K2', 'K4', 'K5', 'O1', 'O4', 'S1', 'V2', 'V3', 'V4']

/** Says something at the door and reads what comes back until it hangs up. */
const said = (address: string, line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const [, host = '', port = ''] = /^(.+):(\d+)\//.exec(address) ?? []
    const socket = connect(Number(port), host, () => socket.write(line))
    let heard = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
  })

describe('a process that joins by itself', () => {
  it('a script: every check, each fresh process by starting itself anew, then the training', async () => {
    using made = project(60)
    const gonogo = waiting(made.folder, 'train', 'run.yaml', '--verbose')
    const address = await addressIn(made.folder)
    expect(statSync(join(made.folder, '.gonogo/attach.json')).mode & 0o077).toBe(0)
    await until('the line that says what to start', () => gonogo.text().includes(`GONOGO_ATTACH=${address} python`))
    // the file is for the same machine; here the variable alone leads there
    const script = started('/', [join(made.folder, 'script.py')], { GONOGO_ATTACH: address })
    expect(await gonogo.ended, gonogo.text()).toBe(0)
    expect(await script.ended, script.text()).toBe(0)
    for (const check of all) expect(gonogo.text()).toMatch(new RegExp(`^GO +${check} `, 'm'))
    expect(gonogo.text()).toContain('DONE  ')
    // facts, the shared subject, S1, what looks at the whole run, K1, S2 and K4, the shared one again, the training
    expect(script.text().match(/script starts/g)).toHaveLength(8)
    expect(script.text().trimEnd().split('\n').at(-1)).toBe('script goes on')
    expect(existsSync(join(made.folder, '.gonogo/attach.json'))).toBe(false)
  })

  it('an interactive session cannot start anew: what needs that is skipped and says why; then it goes on', async () => {
    using made = project(60)
    const gonogo = waiting(made.folder, 'check', 'run.yaml', '--json')
    await addressIn(made.folder)
    const typed = 'import gonogo\ngonogo.attach()\nprint("the session goes on")\n'
    const session = started(made.folder, ['-i', '-q'], {}, typed)
    expect(await gonogo.ended, gonogo.text()).toBe(0)
    expect(statuses(gonogo.text())).toEqual(
      new Set(all.map((check) => `${check} ${['K1', 'K4', 'S1'].includes(check) ? 'SKIPPED' : 'GO'}`)),
    )
    expect(gonogo.text()).toContain('an interactive session cannot be started anew')
    expect(await session.ended).toBe(0)
    expect(session.text()).toContain('the session goes on')
  })

  it('a wrong token, noise and a second process are refused; the first one is not disturbed', async () => {
    using made = project(60)
    const gonogo = waiting(made.folder, 'check', 'run.yaml', '--only', 'C1,I1')
    const address = await addressIn(made.folder)
    expect(await said(address, 'GET / HTTP/1.1\n')).toContain('ATTACH_TOKEN')
    expect(await said(address, 'x'.repeat(20_000))).toBe('')
    const stranger = started(made.folder, ['script.py'], { GONOGO_ATTACH: address.replace(/.{8}$/, '00000000') })
    expect(await stranger.ended).toBe(1)
    expect(stranger.text()).toMatch(/AttachError: this is not the process that gonogo waits for[\s\S]*another token/)
    const script = started(made.folder, ['script.py'])
    await until('the first', () => gonogo.text().includes('script.py has joined'))
    const second = started(made.folder, ['script.py'])
    expect(await second.ended).toBe(1)
    expect(second.text()).toContain('another process has joined this gonogo already')
    expect(await gonogo.ended, gonogo.text()).toBe(0)
    expect(await script.ended).toBe(0)
  })

  it('killed in mid-run: a clear error, checkpoints intact, and a resume that it joins again', async () => {
    using made = project(1500, [])
    const gonogo = waiting(made.folder, 'train', 'run.yaml')
    await addressIn(made.folder)
    const script = started(made.folder, ['script.py'])
    const checkpoints = () => {
      const [run] = existsSync(join(made.folder, 'runs')) ? readdirSync(join(made.folder, 'runs')) : []
      const folder = join(made.folder, 'runs', run ?? '', 'checkpoints')
      return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('step-')) : []
    }
    await until('a checkpoint', () => checkpoints().length > 1 || gonogo.child.exitCode !== null)
    script.child.kill('SIGKILL')
    expect(await gonogo.ended, gonogo.text()).toBe(1)
    expect(gonogo.text()).toContain('the attached process ended unexpectedly')
    expect(gonogo.text()).toContain('script.py')
    const [run = ''] = readdirSync(join(made.folder, 'runs'))
    const resumed = waiting(made.folder, 'resume', run)
    await addressIn(made.folder)
    const again = started(made.folder, ['script.py'])
    expect(await resumed.ended, resumed.text()).toBe(0)
    expect(resumed.text()).toMatch(/DONE .*1,500 steps/)
    expect(await again.ended).toBe(0)
  })

  it('gonogo killed: a script ends, a session gets an error and goes on', async () => {
    using made = project(100_000, [])
    for (const [args, typed] of [
      [['script.py'], ''],
      [['-i', '-q'], 'import gonogo\ngonogo.attach()\nprint("still", "here")\n'],
    ] as const) {
      // a gonogo that was killed leaves its address behind
      rmSync(join(made.folder, '.gonogo'), { recursive: true, force: true })
      const gonogo = waiting(made.folder, 'train', 'run.yaml')
      await addressIn(made.folder)
      const guest = started(made.folder, args, {}, typed)
      await until('training', () => gonogo.text().includes('before '))
      gonogo.child.kill('SIGKILL')
      await gonogo.ended
      const code = await guest.ended
      if (typed === '') expect(code).toBe(1)
      else expect(guest.text()).toContain('still here')
      expect(guest.text()).toMatch(typed === '' ? /gonogo has ended/ : /AttachError: gonogo ended before its time/)
    }
  })

  it('torchrun: every rank joins, and starts itself anew, with the others or as a world of one', async () => {
    using made = project(60, ['I1', 'P1', 'P2', 'K1'], 2)
    const gonogo = waiting(made.folder, 'train', 'run.yaml', '--verbose')
    await addressIn(made.folder)
    const launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2', 'script.py']
    const ranks = started(made.folder, launcher)
    expect(await gonogo.ended, gonogo.text()).toBe(0)
    expect(await ranks.ended, ranks.text()).toBe(0)
    for (const check of ['I1', 'P1', 'P2', 'K1']) expect(gonogo.text()).toMatch(new RegExp(`^GO +${check} `, 'm'))
    expect(gonogo.text()).toContain('DONE  ')
    expect(ranks.text().match(/script goes on/g)).toHaveLength(2)
  })

  it.skipIf(!hasSlurm)('Slurm: a task on each of two nodes joins, and starts itself anew', async () => {
    using made = project(60, ['I1', 'P1', 'P2', 'K1'], 2)
    const gonogo = waiting(made.folder, 'train', 'run.yaml', '--verbose')
    const env = { GONOGO_ATTACH: await addressIn(made.folder) }
    const tasks = started(made.folder, ['script.py'], env, '', ['srun', '--nodes', '2', '--ntasks', '2'])
    expect(await gonogo.ended, gonogo.text()).toBe(0)
    expect(await tasks.ended, tasks.text()).toBe(0)
    for (const check of ['I1', 'P1', 'P2', 'K1']) expect(gonogo.text()).toMatch(new RegExp(`^GO +${check} `, 'm'))
    expect(gonogo.text()).toContain('DONE  ')
    expect(tasks.text().match(/script goes on/g)).toHaveLength(2)
  })

  it('nobody comes: Ctrl-C ends the wait at once', async () => {
    using made = project(60)
    const gonogo = waiting(made.folder, 'check', 'run.yaml')
    await addressIn(made.folder)
    gonogo.child.kill('SIGINT')
    expect(await gonogo.ended, gonogo.text()).toBe(130)
    expect(existsSync(join(made.folder, '.gonogo/attach.json'))).toBe(false)
  })
})
