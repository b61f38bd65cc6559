"""RetinaNet's start: a prior of one in a hundred."""

import math

import gonogo
import torch
from binary_base import Binary, halves
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def rare(count, seed):
    x, label = halves(12 * count, seed).tensors
    positive, negative = torch.where(label == 1)[0][: count // 20], torch.where(label == 0)[0][: count - count // 20]
    order = torch.cat([positive, negative])[torch.randperm(count, generator=torch.Generator().manual_seed(seed))]
    return TensorDataset(x[order], label[order])


class Focal(Binary):
    task = gonogo.custom()
    objective = "loss"

    def setup(self):
        super().setup()
        self.train_loader = DataLoader(rare(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(rare(203, 2), batch_size=self.evaluate_batch_size)

    def build(self):
        model = nn.Sequential(nn.Linear(10, self.config.width), nn.ReLU(), nn.Linear(self.config.width, 1))
        nn.init.constant_(model[-1].bias, -math.log((1 - 0.01) / 0.01))
        return model

    def loss_of(self, output, label, reduction="mean"):
        z = output.squeeze(1)
        p, target = torch.sigmoid(z), label.float()
        entropy = nn.functional.binary_cross_entropy_with_logits(z, target, reduction="none")
        hit = p * target + (1 - p) * (1 - target)
        weight = 0.25 * target + 0.75 * (1 - target)
        loss = weight * (1 - hit) ** 2 * entropy
        return loss.mean() if reduction == "mean" else loss.sum()

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, label in loader:
            total += self.loss_of(self.model(x), label, "sum").item()
            count += len(label)
        return {"val_loss": total / count}
