"""Two classes and one logit, trained by binary cross-entropy. Healthy.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    width: int = gonogo.number(32, min=2, max=256)
    learning_rate: float = gonogo.number(5e-3, above=0)


def halves(count, seed):
    """A curved border in ten dimensions; 40% are of class 1."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 10, generator=generator)
    score = x[:, 0] + 0.5 * x[:, 1] * x[:, 2] - 0.3
    return TensorDataset(x, (score > 0).long())


class Binary(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=2)

    def setup(self):
        self.train_loader = DataLoader(halves(640, seed=1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(halves(203, seed=2), batch_size=self.evaluate_batch_size)
        self.model = self.build()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.learning_rate)

    def build(self):
        return nn.Sequential(nn.Linear(10, self.config.width), nn.ReLU(), nn.Linear(self.config.width, 1))

    def loss_of(self, output, label, reduction="mean"):
        return binary_cross_entropy_with_logits(output.squeeze(1), label.float(), reduction=reduction)

    def train_step(self, batch):
        x, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.loss_of(self.model(x), label)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for x, label in loader:
            output = self.model(x)
            total += self.loss_of(output, label, "sum").item()
            right += self.right(output.squeeze(1), label)
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}

    def right(self, output, label):
        return ((output > 0).long() == label).sum().item()

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
