"""FixMatch: forty labelled points a class at most, many without; confident guesses on a weak view teach a strong one."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

CLASSES, FEATURES = 4, 16


@dataclass
class Config:
    threshold: float = gonogo.number(0.9, min=0, max=1)
    weight: float = gonogo.number(1.0, min=0)
    ratio: int = gonogo.number(3, min=1)
    lr: float = gonogo.number(0.03, above=0)


def points(count, seed):
    g = torch.Generator().manual_seed(41)
    centres = 1.2 * torch.randn(CLASSES, FEATURES, generator=g)
    g.manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=g)
    return centres[label] + torch.randn(count, FEATURES, generator=g), label


class FixMatch(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def setup(self):
        self.unlabelled = points(2000, 3)[0]
        self.train_loader = DataLoader(TensorDataset(*points(160, 1)), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(TensorDataset(*points(230, 2)), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(FEATURES, 32), nn.ReLU(), nn.Linear(32, CLASSES))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=self.config.lr, momentum=0.9, nesterov=True)
        self.draws = torch.Generator().manual_seed(self.seed)

    def weak(self, x):
        return x + 0.1 * torch.randn_like(x)

    def strong(self, x):
        return (x + 0.3 * torch.randn_like(x)) * (torch.rand_like(x) > 0.2)

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        picked = torch.randint(len(self.unlabelled), (self.config.ratio * len(x),), generator=self.draws)
        u = self.unlabelled[picked]
        supervised = F.cross_entropy(self.model(self.weak(x)), y)
        with torch.no_grad():
            confidence, guess = self.model(self.weak(u)).softmax(1).max(1)
        sure = (confidence >= self.config.threshold).float()
        consistency = (F.cross_entropy(self.model(self.strong(u)), guess, reduction="none") * sure).mean()
        loss = supervised + self.config.weight * consistency
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += F.cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}
        state["draws"] = self.draws.get_state()
        torch.save(state, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
        self.draws.set_state(state["draws"])
