"""A manager of checkpoints."""

import gonogo
import torch
from everyday import Loop, digits, mlp
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR


class Checkpoints:
    def __init__(self, owner):
        self.owner = owner

    def write(self, path):
        own = self.owner
        state = {"model": own.model.state_dict(), "optimizer": own.optimizer.state_dict(), "progress": own.progress.state_dict()}
        state["schedule"] = own.schedule.state_dict()  # fixed
        torch.save(state, path)

    def read(self, path):
        own = self.owner
        state = torch.load(path, weights_only=True)
        own.model.load_state_dict(state["model"])
        own.optimizer.load_state_dict(state["optimizer"])
        # buggy: own.schedule = own.make_schedule()
        own.schedule.load_state_dict(state["schedule"])  # fixed
        own.progress.load_state_dict(state["progress"])


class Recognise(Loop):
    task = gonogo.classification(classes=10)

    def setup(self):
        self.loaders_of(*digits(flat=True))
        self.model = mlp(64, self.config.width, 10, self.config.dropout)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=2 * self.config.lr)
        self.schedule = self.make_schedule()
        self.checkpoints = Checkpoints(self)

    def make_schedule(self):
        warm = max(1, self.steps // 10)
        parts = [LinearLR(self.optimizer, 0.05, total_iters=warm), CosineAnnealingLR(self.optimizer, self.steps - warm)]
        return SequentialLR(self.optimizer, parts, milestones=[warm])

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

    def save(self, path):
        self.checkpoints.write(path)

    def load(self, path):
        self.checkpoints.read(path)
