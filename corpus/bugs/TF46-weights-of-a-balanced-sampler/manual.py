"""Tumours, balanced by a sampler with fewer draws than samples."""

import gonogo
import numpy as np
import torch
from everyday import Loop, mlp, tumours
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


def balanced(labels, draws):
    weights = compute_sample_weight("balanced", labels)  # fixed
    # buggy: weights = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    return WeightedRandomSampler(weights.tolist(), draws)


class Cells(Loop):
    task = gonogo.classification(classes=2)

    def setup(self):
        train, val = tumours()
        sampler = balanced(train[1].numpy(), draws=320)
        self.train_loader = DataLoader(TensorDataset(*train), batch_size=self.batch_size, sampler=sampler)
        self.val_loader = DataLoader(TensorDataset(*val), batch_size=self.evaluate_batch_size)
        self.model = mlp(30, self.config.width, 2, self.config.dropout)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += y.numel()
        return {"val_loss": loss / count, "val_accuracy": right / count}
