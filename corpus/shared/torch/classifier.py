"""A healthy classifier, written the way people write them: its own step, evaluation, checkpoint. Each bug changes one piece.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 5


@dataclass
class Config:
    width: int = gonogo.number(8, min=2, max=64)
    dropout: float = gonogo.number(0.2, min=0, max=0.9)
    learning_rate: float = gonogo.number(5e-3, above=0)


class Net(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width * 2 * 2, CLASSES)

    def features(self, x):  # [batch, 1, 8, 8] → [batch, 2 × width × 2 × 2]
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        return x.flatten(1)

    def forward(self, x):
        return self.head(self.dropout(self.features(x)))


def patterns(count, seed):
    """One pattern a class, under noise: easy, and never the same picture twice."""
    generator = torch.Generator().manual_seed(7)
    prototypes = torch.randn(CLASSES, 1, 8, 8, generator=generator)
    generator.manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=generator)
    image = prototypes[label] + 0.8 * torch.randn(count, 1, 8, 8, generator=generator)
    return TensorDataset(image, label)


class Classifier(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def setup(self):
        self.train_loader, self.val_loader = self.loaders()
        self.model = self.build()
        self.optimizer = self.make_optimizer()
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps, pct_start=0.2)

    def loaders(self):
        train, val = patterns(640, seed=1), patterns(203, seed=2)
        return DataLoader(train, batch_size=self.batch_size, shuffle=True), DataLoader(val, batch_size=self.evaluate_batch_size)

    def build(self):
        return Net(self.config.width, self.config.dropout)

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}

    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
