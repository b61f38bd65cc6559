"""A healthy distillation: a small student learns from labels and from a larger, frozen teacher with dropout and batch norm.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 6


@dataclass
class Config:
    temperature: float = gonogo.number(3.0, above=0)
    alpha: float = gonogo.number(0.5, min=0, max=1)
    lr: float = gonogo.number(5e-3, above=0)


def points(count, seed):
    generator = torch.Generator().manual_seed(31)
    centres = torch.randn(CLASSES, 16, generator=generator)
    generator.manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=generator)
    return centres[label] + 0.8 * torch.randn(count, 16, generator=generator), label


def net(width, dropout=0.0):
    return nn.Sequential(nn.Linear(16, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, CLASSES))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.teacher, self.student = net(64, dropout=0.3), net(12)

    def forward(self, x):
        return self.student(x)

    def train(self, mode=True):
        super().train(mode)
        self.teacher.eval()
        return self


class Distiller(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)
    frozen = ("teacher.*",)
    pair = Pair

    def setup(self):
        self.train_loader = DataLoader(TensorDataset(*points(640, 1)), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(TensorDataset(*points(210, 2)), batch_size=self.evaluate_batch_size)
        self.model = self.pair()
        self.teach()
        self.model.teacher.requires_grad_(False)
        self.optimizer = self.make_optimizer()
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def teach(self):
        """Stands for a checkpoint that was downloaded."""
        teacher, (x, label) = self.model.teacher, points(600, 3)
        optimizer = torch.optim.Adam(teacher.parameters(), lr=1e-2)
        for _ in range(40):
            optimizer.zero_grad()
            cross_entropy(teacher(x), label).backward()
            optimizer.step()
        optimizer.zero_grad()

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.student.parameters(), lr=self.config.lr)

    def taught(self, x):
        with torch.no_grad():
            return self.model.teacher(x)

    def soft(self, student, teacher):
        t = self.config.temperature
        return t**2 * kl_div(log_softmax(student / t, dim=1), softmax(teacher / t, dim=1), reduction="batchmean")

    def train_step(self, batch):
        x, label = batch
        self.model.train()
        logits, alpha = self.model(x), self.config.alpha
        loss = alpha * self.soft(logits, self.taught(x)) + (1 - alpha) * cross_entropy(logits, label)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for x, label in loader:
            logits = self.model(x)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
