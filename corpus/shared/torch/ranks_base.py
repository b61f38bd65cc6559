"""A data-parallel program with its own loop, cut into functions as it would run under torchrun. Each bug changes one piece.
Not a bug itself."""

import os
from dataclasses import dataclass

import gonogo
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

CLASSES = 4


@dataclass
class Config:
    width: int = gonogo.number(16, min=2)
    learning_rate: float = gonogo.number(1e-2, above=0)


def blobs(count, seed):
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=generator)
    return TensorDataset(torch.randn(count, 8, generator=generator) + 1.5 * torch.eye(CLASSES, 8)[label], label)


class Program(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def setup(self):
        dist.init_process_group("gloo")
        assert dist.get_world_size() == int(os.environ["WORLD_SIZE"])
        self.train_loader, self.val_loader = self.loaders()
        self.model = self.wrapped(self.build())
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def loaders(self):
        train, val = blobs(200, seed=1), blobs(101, seed=2)
        sampler = DistributedSampler(train, seed=self.seed)
        # every rank scores its own part, none of it twice
        mine = torch.utils.data.Subset(val, range(dist.get_rank(), len(val), dist.get_world_size()))
        return DataLoader(train, batch_size=self.batch_size, sampler=sampler), DataLoader(mine, batch_size=self.evaluate_batch_size)

    def build(self):
        width = self.config.width
        return nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, CLASSES))

    def wrapped(self, model):
        return DistributedDataParallel(model)

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
        sums = torch.zeros(3, dtype=torch.float64)
        for image, label in loader:
            logits = self.model(image)
            sums[0] += cross_entropy(logits, label, reduction="sum")
            sums[1] += (logits.argmax(1) == label).sum()
            sums[2] += len(label)
        return self.reduced(sums)

    def reduced(self, sums):
        dist.all_reduce(sums)
        loss, right, count = sums.tolist()
        return {"val_loss": loss / count, "val_accuracy": right / count}

    def save(self, path):
        if dist.get_rank() == 0:
            model = getattr(self.model, "module", self.model)
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "schedule": self.schedule.state_dict(),
                    "progress": self.progress.state_dict(),
                },
                path,
            )
        dist.barrier()

    def load(self, path):
        state = torch.load(path, weights_only=True)
        getattr(self.model, "module", self.model).load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
