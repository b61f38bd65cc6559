"""A rate that falls to nothing in a straight line."""

import gonogo
import torch
from everyday import Loop, mlp, tumours
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR


def linear(base, total):
    def at(step):
        left = max(0.0, 1 - step / total)
        return left  # fixed
        # buggy: return base * left

    return at


class Cells(Loop):
    task = gonogo.classification(classes=2)
    kept = ("model", "optimizer", "schedule")

    def setup(self):
        self.loaders_of(*tumours())
        self.model = mlp(30, self.config.width, 2, self.config.dropout)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)
        self.schedule = LambdaLR(self.optimizer, linear(self.config.lr, self.steps))

    def train_step(self, batch):
        self.model.train()
        told = self.update(cross_entropy(self.model(batch[0]), batch[1]))
        self.schedule.step()
        return told

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}
