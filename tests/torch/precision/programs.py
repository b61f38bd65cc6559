"""One classifier in coarse number formats: managed, and with a step and an evaluation of its own under its own autocast.
The bugs among them are those of the corpus, which float32 shows to five places and bfloat16 to two."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "corpus/shared/torch"))

import gonogo
import torch
from classifier import CLASSES, Classifier, Config, Net, patterns
from torch.nn.functional import cross_entropy


class Managed(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def datasets(self):
        return {"train": patterns(640, seed=1), "val": patterns(203, seed=2)}

    def model(self):
        return Net(self.config.width, self.config.dropout)

    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=self.config.learning_rate)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, self.config.learning_rate, self.steps, pct_start=0.2)


class AverageOfAverages(Managed):
    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        losses, shares = [], []
        for image, label in loader:
            image, label = image.to(self.device), label.to(self.device)
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                logits = self.model(image)
                losses.append(cross_entropy(logits, label).item())
            shares.append((logits.argmax(1) == label).float().mean().item())
        self.model.train()
        return {"val_loss": sum(losses) / len(losses), "val_accuracy": sum(shares) / len(shares)}


class StaysInTraining(Managed):
    @torch.no_grad()
    def evaluate(self, loader):
        total = right = count = 0
        for image, label in loader:
            image, label = image.to(self.device), label.to(self.device)
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                logits = self.model(image)
            total += cross_entropy(logits.float(), label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}


class Own(Classifier):
    """The run file says float32 and knows nothing of this autocast."""

    def build(self):
        return super().build().to(self.device)

    def train_step(self, batch):
        image, label = (part.to(self.device) for part in batch)
        self.model.train()
        self.optimizer.zero_grad()
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
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
            image, label = image.to(self.device), label.to(self.device)
            with torch.autocast(self.device.type, dtype=torch.bfloat16):
                logits = self.model(image)
                # In bfloat16 to the end, as a loss of one's own often is: each batch is off by its last places.
                losses = logits.logsumexp(1).to(torch.bfloat16) - logits.gather(1, label[:, None])[:, 0]
            total += losses.mean().item() * len(label)
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}


experiment = {"managed": Managed, "average": AverageOfAverages, "training": StaysInTraining, "own": Own}[os.environ.get("TEST_KIND", "managed")]
