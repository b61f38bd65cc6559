// Kills at random moments while two DataLoader workers augment: every end equals the unbroken run's, bit for bit.
// Six kills here; as many as GONOGO_KILLS says where it is set (CONTRIBUTING.md).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { trainKilled, trainUnbroken } from '../slow/kills.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-loader-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const wanted = Number(process.env.GONOGO_KILLS ?? 6)
const steps = 1200

writeFileSync(join(folder, 'pyproject.toml'), '')
writeFileSync(
  join(folder, 'experiment.py'),
  `import random

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Augmented(Dataset):
    """Moves, mirrors and disturbs each image, with every global generator and one of its own."""

    def __init__(self, image, label):
        self.image, self.label, self.rng = image, label, np.random.default_rng(1)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, index):
        image = self.image[index].roll(random.randint(-1, 1), -1)
        if np.random.rand() < 0.5:
            image = image.flip(-1)
        return image + 0.1 * torch.randn(image.shape) + 0.01 * float(self.rng.normal()), self.label[index]


class Small(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def setup(self):
        generator = torch.Generator().manual_seed(0)
        label = torch.arange(300) % 3
        image = torch.randn(300, 1, 6, 6, generator=generator) + label[:, None, None, None]
        train = Augmented(image[:240], label[:240])
        self.train_loader = DataLoader(train, batch_size=self.batch_size, shuffle=True, num_workers=2)
        self.val_loader = DataLoader(TensorDataset(image[240:], label[240:]), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 3))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-2)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
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
train: { length: { steps: ${steps} }, batch_size: 8 }
evaluate: { every: { steps: 200 } }
checkpoint: { every: { steps: 37 }, keep: { latest: 2, best: 1, top: 2 } }
stop: { patience: { evaluations: 100 } }
`,
)

it(`ends bitwise where the unbroken run ends, after ${wanted} kills with two workers and augmentation`, async () => {
  const reference = await trainUnbroken(folder, file)
  expect(reference.end.losses).toHaveLength(steps)
  let kills = 0
  let ends = 0
  while (kills < wanted) {
    const killed = await trainKilled(folder, file, Math.min(10, wanted - kills), reference.milliseconds)
    kills += killed.kills
    ends++
    expect(killed.end).toEqual(reference.end)
  }
  console.log(
    `${kills} kills, ${ends} runs, each end equal; the unbroken run took ${reference.milliseconds.toFixed(0)} ms`,
  )
}, 3_600_000)
