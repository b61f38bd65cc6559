"""A classifier with settings for its optimizer."""

from dataclasses import dataclass

import gonogo
import torch
from everyday import Loop, digits, mlp
from torch.nn.functional import cross_entropy


@dataclass
class Settings:
    width: int = gonogo.number(48, min=4)
    lr: float = gonogo.number(2e-3, above=0)
    weight_decay: float = gonogo.number(0.01, min=0)


def make_optimizer(model, settings):
    decay = getattr(settings, "weight_decay", 0.0)  # fixed
    # buggy: decay = getattr(settings, "wd", 0.0)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}], lr=settings.lr)


class Recognise(Loop, gonogo.Experiment[Settings]):
    task = gonogo.classification(classes=10)

    def setup(self):
        self.loaders_of(*digits(flat=True))
        self.model = mlp(64, self.config.width, 10)
        self.optimizer = make_optimizer(self.model, self.config)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

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
