"""A program that has every kind of state there is, and a save that may leave one of them out: `drops` says which.
Everything else is as it should be."""

from dataclasses import dataclass
from typing import Literal

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    drops: Literal["nothing", "parameters", "buffers", "optimizer", "schedule", "scaler", "ema", "rng", "position", "counters"] = "nothing"


def clouds(count, seed):
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, 3, (count,), generator=generator)
    return TensorDataset(torch.randn(count, 6, generator=generator) + 2 * nn.functional.one_hot(label, 6), label)


class Program(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=3)

    def setup(self):
        self.train_loader = DataLoader(clouds(120, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(clouds(45, 2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-2)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 60)
        # It doubles every three steps: a scale that begins anew is another one.
        self.scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=3)
        self.ema = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
        self.warm = 0

    def train_step(self, batch):
        self.model.train()
        x, label = batch
        self.optimizer.zero_grad()
        # A weight that grows with a counter of the program's own.
        loss = cross_entropy(self.model(x), label) * min(1.0, 0.5 + 0.05 * self.warm)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        self.ema.update_parameters(self.model)
        self.warm += 1
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, loader):
        self.ema.eval()
        losses = [(cross_entropy(self.ema(x), label, reduction="sum"), len(x)) for x, label in loader]
        return {"val_loss": float(sum(loss for loss, _ in losses)) / sum(count for _, count in losses)}

    def save(self, path):
        drops, progress = self.config.drops, self.progress.state_dict()
        if drops == "rng":
            del progress["rng"]
        if drops == "position":
            progress.update(epoch=0, batch=0, place={})
        weights = self.model.state_dict()
        parameters = {name for name, _ in self.model.named_parameters()}
        kept = {
            "parameters": {name: value for name, value in weights.items() if name in parameters},
            "buffers": {name: value for name, value in weights.items() if name not in parameters},
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "ema": self.ema.state_dict(),
            "counters": self.warm,
        }
        torch.save({**{name: value for name, value in kept.items() if name != drops}, "progress": progress}, path)

    def load(self, path):
        kept = torch.load(path, weights_only=True)
        self.model.load_state_dict({**kept.get("parameters", {}), **kept.get("buffers", {})}, strict=self.config.drops not in ("parameters", "buffers"))
        for name, holder in (("optimizer", self.optimizer), ("schedule", self.schedule), ("scaler", self.scaler), ("ema", self.ema)):
            if name in kept:
                holder.load_state_dict(kept[name])
        self.warm = kept.get("counters", self.warm)
        self.progress.load_state_dict(kept["progress"])
