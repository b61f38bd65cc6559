"""Evaluation inside a context manager of a mixin."""

from contextlib import contextmanager

import gonogo
import torch
from everyday import Loop, digits
from torch import nn
from torch.nn.functional import cross_entropy


@contextmanager
def evaluating(model):
    was = model.training  # fixed
    model.eval()
    # buggy: was = model.training
    try:
        with torch.no_grad():
            yield model
    finally:
        model.train(was)


class Scores:
    def evaluate(self, loader):
        loss = right = count = 0
        with evaluating(self.model) as model:
            for x, y in loader:
                logits = model(x)
                loss += cross_entropy(logits, y, reduction="sum").item()
                right += (logits.argmax(1) == y).sum().item()
                count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}


class Recognise(Scores, Loop):
    task = gonogo.classification(classes=10)

    def setup(self):
        self.loaders_of(*digits())
        width = self.config.width
        self.model = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Dropout(self.config.dropout), nn.Linear(16 * width, 10),
        )
        self.model.train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))
