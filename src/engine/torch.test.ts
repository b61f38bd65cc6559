import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { GonogoError } from '../contract/index.ts'
import { engineFor } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-python-'))
const experiment = join(folder, 'experiment.py')
writeFileSync(experiment, 'import gonogo\n')

const described = async (python: string): Promise<GonogoError> => {
  try {
    await engineFor(experiment, { engine: { torch: { python } } }, { folder, log: null }).describe({
      experiment,
      config: {},
    })
  } catch (error) {
    return error as GonogoError
  }
  throw new Error('it did not fail')
}

// a Python of the machine without PyTorch: isolated mode leaves out what a user has installed
const bare = join(folder, 'bare-python')
writeFileSync(bare, '#!/bin/sh\nexec python3 -I -S "$@"\n', { mode: 0o755 })
const hasPython = spawnSync(bare, ['-c', 'print(1)'], { encoding: 'utf8' }).stdout === '1\n'

describe('a Python that cannot be used is told in one error', () => {
  it('there is none at the path of the run file', async () => {
    expect(await described('./no/such/python')).toMatchObject({
      code: 'PYTHON_MISSING',
      where: 'engine.torch.python',
      seen: join(folder, 'no/such/python'),
    })
  })

  it('it is no Python', async () => {
    expect(await described('/bin/false')).toMatchObject({ code: 'PYTHON_MISSING', where: '/bin/false' })
  })

  it.runIf(hasPython)('PyTorch is not installed in it, and the command that installs it is given', async () => {
    expect(await described(bare)).toMatchObject({
      code: 'TORCH_MISSING',
      message: expect.stringContaining('torch'),
      try: expect.stringMatching(/-m pip install torch/),
    })
  })
})
