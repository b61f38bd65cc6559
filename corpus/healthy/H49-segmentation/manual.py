"""Bright pixels against dark ones; the border is not labelled."""

import gonogo
import math
import torch
from classifier import Classifier, patterns
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

IGNORED = 255


def masks(count, seed):
    image, _ = patterns(count, seed).tensors
    label = (nn.functional.avg_pool2d(image, 3, 1, 1)[:, 0] > 0).long()
    label[:, 0], label[:, :, 0] = IGNORED, IGNORED
    return TensorDataset(image, label)


class Pixels(Classifier):
    task = gonogo.custom(initial={"loss": math.log(2)})

    def loaders(self):
        return DataLoader(masks(640, 1), batch_size=self.batch_size, shuffle=True), DataLoader(masks(203, 2), batch_size=self.evaluate_batch_size)

    def build(self):
        return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 2, 3, padding=1))

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label, ignore_index=IGNORED)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for image, label in loader:
            total += cross_entropy(self.model(image), label, ignore_index=IGNORED, reduction="sum").item()
            count += (label != IGNORED).sum().item()
        return {"val_loss": total / count}
