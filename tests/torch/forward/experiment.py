"""A classifier of two classes with an evaluation of its own, as it should be (`none`) and as people get it wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

import gonogo


class Points(Dataset):
    """Two clouds in eight dimensions; augmented ones are shaken anew each time."""

    def __init__(self, count: int, seed: int, shaken: bool):
        generator = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(0, 2, (count,), generator=generator)
        self.points = torch.randn(count, 8, generator=generator) + self.labels[:, None] * 0.8 - 0.4
        self.shaken = shaken

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        point = self.points[index]
        return (point + 0.5 * torch.randn(8) if self.shaken else point), self.labels[index]


class Net(nn.Module):
    def __init__(self, bug: str):
        super().__init__()
        self.bug, self.seen = bug, None
        self.hidden, self.drop = nn.Linear(8, 16), nn.Dropout(0.3)
        self.head = nn.Linear(16, 2 if bug != "argmax-one-unit" and not bug.startswith("one-") else 1)
        if bug == "constant-weights":
            for layer in (self.hidden, self.head):
                nn.init.constant_(layer.weight, 0.1)
                nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.drop(F.relu(self.hidden(x)))
        if self.bug == "functional-dropout":
            y = F.dropout(y, 0.3)
        if self.bug == "carries-state" and not self.training:
            y = y + (0 if self.seen is None else self.seen)
            self.seen = y.detach().mean(0, keepdim=True)
        y = self.head(y)
        if self.bug == "softmax-log":
            return y.softmax(1)
        return torch.sigmoid(y) if self.bug == "one-probability" else y


@dataclass
class Config:
    bug: Literal[
        "none", "train-mode", "functional-dropout", "augmented-validation", "augmented-training", "carries-state", "constant-weights",
        "argmax-one-unit", "one-logit", "one-probability", "softmax-log", "reversed", "batch-f1", "sgd", "squeezes",
    ] = "none"
    momentum: float = 0.9
    unused: int = 3


class Forward(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=2)
    directions = {"error": "max"}

    def setup(self) -> None:
        bug = self.config.bug
        self.train_loader = DataLoader(Points(240, 1, bug.startswith("augmented")), batch_size=16, shuffle=True)
        self.val_loader = DataLoader(Points(100 if bug == "squeezes" else 101, 2, bug == "augmented-validation"), batch_size=25)
        self.model = Net(bug)
        self.optimizer = torch.optim.Adam(self.model.parameters(), 1e-2) if bug != "sgd" else torch.optim.SGD(self.model.parameters(), 1e-2, self.config.momentum)

    def _loss(self, output: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        if self.config.bug == "softmax-log":
            return F.nll_loss(output.log(), label, reduction="sum")
        if self.config.bug == "one-probability":
            return F.binary_cross_entropy(output.squeeze(1), label.float(), reduction="sum")
        if output.shape[1] == 1:
            return F.binary_cross_entropy_with_logits(output.squeeze(1), label.float(), reduction="sum")
        return F.cross_entropy(output, label, reduction="sum")

    def train_step(self, batch):
        self.model.train()
        x, label = batch
        self.optimizer.zero_grad()
        loss = self._loss(self.model(x), label) / len(label)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach()}

    def evaluate(self, loader):
        bug = self.config.bug
        self.model.train(bug == "train-mode")
        loss, right, count, shares = 0.0, 0, 0, []
        with torch.no_grad():
            for x, label in loader:
                output = self.model(x)
                output = output.squeeze() if bug == "squeezes" else output
                loss += float(self._loss(output, label))
                if bug == "one-logit":
                    said = (output.squeeze(1) > 0).long()
                elif bug == "one-probability":
                    said = (output.squeeze(1) > 0.5).long()
                else:
                    said = output.argmax(1)
                right += int((said == label).sum())
                count += len(label)
                shares.append(float(((said == 1) & (label == 1)).sum() / max(1, int((label == 1).sum()))))
        self.model.train()
        found = {"val_loss": loss / count, "val_accuracy": right / count}
        if bug == "reversed":
            found["val_error"] = 1 - right / count
        if bug == "batch-f1":
            found["val_recall"] = sum(shares) / len(shares)
        return found

    def save(self, path):
        Path(path).mkdir()
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, Path(path) / "all.pt")

    def load(self, path):
        state = torch.load(Path(path) / "all.pt", weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
