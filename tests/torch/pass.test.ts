// A pass on PyTorch is bound to what the worker alone knows: modules imported late, files that Python opened.
// What both engines share is in tests/pass.test.ts.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkCode } from '../../src/contract/index.ts'
import { check, type Progress, train } from '../../src/run.ts'

const shared = path.resolve(import.meta.dirname, '../../corpus/shared/torch')
const skip = new Map(checkCode.options.filter((code) => code !== 'I1').map((code) => [code, 'on trial elsewhere']))

const experiment = `
import sys
from pathlib import Path
sys.path.insert(0, "${shared}")
import gonogo
from classifier import Classifier

class Late(Classifier):
    @gonogo.check("late")
    def late(self, subject):
        import limits
        return gonogo.go("late", seen=(Path(__file__).parent / "words.txt").read_text(), expected=str(limits.LIMIT))
`
let folder = ''
const at = (name: string) => path.join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gonogo-pass-torch-'))
  await writeFile(at('pyproject.toml'), '[project]\nname = "late"\n')
  await writeFile(at('experiment.py'), experiment)
  await writeFile(at('limits.py'), 'LIMIT = 1\n')
  await writeFile(at('words.txt'), 'a')
  const python = process.env.GONOGO_TEST_PYTHON
  await writeFile(
    at('a.run.yaml'),
    `gonogo: 1\nname: late\nexperiment: ./experiment.py\nengine: { torch: { python: ${python} } }\nthreads: 1\ntrain: { length: { steps: 2 }, batch_size: 32 }\n`,
  )
  await new Promise((later) => setTimeout(later, 20))
  expect((await check(at('a.run.yaml'), { skip })).verdict).toBe('GO')
  await cp(at('.gonogo'), at('kept'), { recursive: true })
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const trained = async () => {
  const told: Progress[] = []
  await train(at('a.run.yaml'), { skip, on: (progress) => told.push(progress) })
  const [event] = told.flatMap((each) => (each.type === 'event' && each.event.type === 'preflight' ? [each.event] : []))
  const notes = told.flatMap((each) => (each.type === 'note' ? [each.text] : []))
  return { again: event?.reused?.again ?? null, notes: notes.join('\n') }
}

test('unchanged it holds; a late module or a late file that changed ends it', async () => {
  expect(await trained()).toMatchObject({ again: [] })
  await writeFile(at('words.txt'), 'b')
  const file = await trained()
  expect(file.again).toBeNull()
  expect(file.notes).toMatch(/files that it read changed: .*words\.txt/)
  await rm(at('.gonogo'), { recursive: true })
  await cp(at('kept'), at('.gonogo'), { recursive: true })
  await writeFile(at('limits.py'), 'LIMIT = 2\n')
  const code = await trained()
  expect(code.again).toBeNull()
  expect(code.notes).toMatch(/code changed: .*limits\.py/)
}, 180_000)
