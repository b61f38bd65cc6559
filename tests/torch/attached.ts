// A project whose process joins by itself, and the two processes of that: a waiting gonogo and whoever attaches. For tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CheckCode, checkCode } from '../../src/contract/index.ts'

const root = join(import.meta.dirname, '../..')
const python = process.env.GONOGO_TEST_PYTHON ?? ''

const experiment = `from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.utils.data import TensorDataset


@dataclass
class Config:
    width: int = gonogo.number(8, min=1)


class Small(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=3)

    def datasets(self):
        generator = torch.Generator().manual_seed(0)
        label = torch.arange(80) % 3
        image = torch.randn(80, 4, generator=generator) + 2 * nn.functional.one_hot(label, 4)
        return {"train": TensorDataset(image[:48], label[:48]), "val": TensorDataset(image[48:], label[48:])}

    def model(self):
        w = self.config.width
        return nn.Sequential(nn.Linear(4, w), nn.BatchNorm1d(w), nn.ReLU(), nn.Dropout(0.1), nn.Linear(w, 3))

    def optimizers(self, model):
        return torch.optim.AdamW(model.parameters(), lr=1e-2)
`

/** `only`: the checks that are not left out. */
export const project = (steps: number, only: readonly CheckCode[] = checkCode.options, world = 1) => {
  const left = checkCode.options.filter((check) => !only.includes(check))
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-attach-'))
  writeFileSync(join(folder, 'pyproject.toml'), '')
  writeFileSync(join(folder, 'experiment.py'), experiment)
  writeFileSync(
    join(folder, 'script.py'),
    'print("script starts", flush=True)\nimport gonogo\ngonogo.attach()\nprint("script goes on", flush=True)\n',
  )
  writeFileSync(
    join(folder, 'run.yaml'),
    `gonogo: 1
name: joined
experiment: ./experiment.py
engine: { torch: { attach: {} } }
world: ${world}
threads: 1
train: { length: { steps: ${steps} }, batch_size: 8 }
evaluate: { every: { steps: 500 } }
checkpoint: { every: { steps: 100 } }
stop: { patience: { evaluations: 1000 } }
preflight: { checks: { ${left.map((check) => `${check}: { level: skip, reason: elsewhere }`).join(', ')} } }
`,
  )
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

export type Running = {
  readonly child: ChildProcess
  /** What it has printed so far, both streams. */
  readonly text: () => string
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>
}

const running = (child: ChildProcess): Running => {
  let text = ''
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  return { child, text: () => text, ended }
}

/** A gonogo of its own, as typed in a terminal. */
export const waiting = (folder: string, ...args: string[]): Running =>
  running(
    spawn(process.execPath, ['--conditions=gonogo-source', join(root, 'src/cli/main.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, GONOGO_ATTACH: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )

/** The test's Python, as a user starts it. `input` is typed into it. */
export const started = (
  folder: string,
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
  /** What starts it, and how often: a launcher and its arguments. */
  launcher: readonly string[] = [],
): Running => {
  const [command = python, ...rest] = [...launcher, python, ...args]
  const child = spawn(command, rest, {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: join(root, 'python'), OMP_NUM_THREADS: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return running(child)
}

export const until = async <T>(what: string, look: () => T | null | undefined | false, seconds = 120): Promise<T> => {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`waited in vain for ${what}`)
}

/** The address that a waiting gonogo has left in the project. */
export const addressIn = (folder: string): Promise<string> =>
  until('the address', () => {
    try {
      return (JSON.parse(readFileSync(join(folder, '.gonogo/attach.json'), 'utf8')) as { address: string }).address
    } catch {
      return null
    }
  })
