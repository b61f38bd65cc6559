import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { trainKilled, trainUnbroken } from '../slow/kills.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-torch-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(join(folder, 'pyproject.toml'), '')
writeFileSync(
  join(folder, 'experiment.py'),
  `from dataclasses import dataclass

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
        image = torch.randn(80, 4, generator=generator) + label[:, None]
        return {"train": TensorDataset(image[:50], label[:50]), "val": TensorDataset(image[50:], label[50:])}

    def model(self):
        w = self.config.width
        return nn.Sequential(nn.Linear(4, w), nn.BatchNorm1d(w), nn.ReLU(), nn.Dropout(0.2), nn.Linear(w, 3))

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
`,
)
const file = 'kill.run.yaml'
writeFileSync(
  join(folder, file),
  `gonogo: 1
name: kill
experiment: ./experiment.py
engine: { torch: { python: ${process.env.GONOGO_TEST_PYTHON} } }
threads: 1
seed: 5
train: { length: { steps: 3000 }, batch_size: 8 }
evaluate: { every: { steps: 500 } }
checkpoint: { every: { steps: 97 }, keep: { latest: 2, best: 1, top: 2 } }
stop: { patience: { evaluations: 100 } }
`,
)

it('ends bitwise where the unbroken run ends, after 30 kills at random moments', async () => {
  const reference = await trainUnbroken(folder, file)
  expect(reference.end.losses).toHaveLength(3000)
  let kills = 0
  while (kills < 30) {
    const killed = await trainKilled(folder, file, 10, reference.milliseconds)
    kills += killed.kills
    expect(killed.end).toEqual(reference.end)
  }
}, 1_200_000)
