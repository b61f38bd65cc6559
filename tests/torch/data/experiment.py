"""Programs of several kinds, each with something wrong or odd in its data or in what it does with it; `kind` says which.
Healthy ones among them: what is only odd must pass."""

import time
from dataclasses import dataclass
from typing import Literal

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, Sampler, TensorDataset, WeightedRandomSampler

LENGTH, WORDS, PAD = 12, 20, 0


@dataclass
class Config:
    kind: Literal[
        "causal", "sees-all", "sees-next", "prefix", "bidirectional",
        "padded", "mask-not-given", "padding-scored", "nothing-supervised",
        "workers", "workers-alike", "epochs-alike", "flips", "keyed", "keyed-by-index", "reseeds",
        "shuffled", "fixed-shuffle", "sorted", "weighted", "class-weights", "curriculum",
        "shared-by-samplers", "overlapping-samplers", "augmented-overlap", "ignores-255", "nan", "slow",
    ] = "causal"


def text(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(1, WORDS, (count, LENGTH + 1), generator=generator)


class Tokens(Dataset):
    """Each target is the next token; the first four are a prefix that is not scored, or the last ones padding."""

    def __init__(self, kind, count, seed):
        self.kind, self.text = kind, text(count, seed)
        self.lengths = torch.randint(5, LENGTH, (count,), generator=torch.Generator().manual_seed(seed + 1))

    def __len__(self):
        return len(self.text)

    def __getitem__(self, index):
        given, target = self.text[index, :-1].clone(), self.text[index, 1:].clone()
        if self.kind == "nothing-supervised":
            return {"input_ids": given, "labels": torch.full_like(target, -100)}
        if self.kind == "prefix":
            target[:4] = -100
        if self.kind not in ("padded", "mask-not-given", "padding-scored"):
            return {"input_ids": given, "labels": target}
        mask = torch.arange(LENGTH) < self.lengths[index]
        given, target = given.masked_fill(~mask, PAD), target.masked_fill(~mask, PAD if self.kind == "padding-scored" else -100)
        return {"input_ids": given, "labels": target, "attention_mask": mask.long()}


class Reader(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.embed, self.place = nn.Embedding(WORDS, 16), nn.Parameter(torch.randn(LENGTH, 16) / 4)
        self.attention, self.head = nn.MultiheadAttention(16, 2, batch_first=True), nn.Linear(16, WORDS)

    def forward(self, ids, mask=None):
        x = self.embed(ids) + self.place
        hidden = torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)
        if self.kind == "prefix":
            hidden[:4, :4] = False
        if self.kind == "sees-next":
            hidden = hidden.roll(1, 1)
            hidden[:, 0] = False
        if self.kind in ("sees-all", "bidirectional", "mask-not-given"):
            hidden = None
        if self.kind == "mask-not-given":
            mask = None
        padding = None if mask is None else mask == 0
        y, _ = self.attention(x, x, x, attn_mask=hidden, key_padding_mask=padding, need_weights=False)
        return self.head(x + y)


class Clouds(Dataset):
    """Points of three classes, disturbed each time they are decoded, by generators of every kind."""

    def __init__(self, kind, count, seed, epoch=None):
        generator = np.random.default_rng(seed)
        self.kind, self.epoch = kind, epoch
        self.label = generator.integers(0, 3, count)
        if kind == "sorted":
            self.label = np.sort(self.label)
        self.points = generator.normal(0, 1, (count, 8)).astype(np.float32)
        self.points[np.arange(count), self.label] += 2
        if kind == "ignores-255":
            self.label[3] = 255
        if kind == "nan":
            self.points[5, 2] = np.nan

    def __len__(self):
        return len(self.label)

    def __getitem__(self, index):
        point, label = torch.from_numpy(self.points[index]), int(self.label[index])
        if self.kind == "slow":
            time.sleep(0.002)
        if self.kind == "flips":
            return (point.flip(0) if float(torch.rand(())) < 0.5 else point), label
        if self.kind in ("workers", "workers-alike", "epochs-alike", "augmented-overlap"):
            return point + float(np.random.rand()), label
        if self.kind == "keyed":
            return point + float(np.random.default_rng((self.epoch(), index)).random()), label
        if self.kind == "keyed-by-index":
            return point + float(np.random.default_rng(index).random()), label
        if self.kind == "reseeds":
            torch.manual_seed(index)
            return point + float(torch.rand(())), label
        return point, label


def one_seed(worker):
    np.random.seed(7)


def seed_of_worker(worker):
    np.random.seed(100 + worker)


class ShuffledSampler(Sampler):
    """Seeded anew each time that it is gone through."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __iter__(self):
        return iter(torch.randperm(self.count, generator=torch.Generator().manual_seed(3)).tolist())


class Curriculum(ShuffledSampler):
    """From easy to hard, which is the same order in each epoch."""


class Program(gonogo.Experiment[Config]):
    task = gonogo.custom()

    @property
    def kind(self):
        return self.config.kind

    @property
    def reads(self):
        return self.kind in ("causal", "sees-all", "sees-next", "prefix", "bidirectional", "padded", "mask-not-given", "padding-scored", "nothing-supervised")

    def setup(self):
        self.train_loader, self.val_loader = self.readers() if self.reads else self.clouds()
        self.model = Reader(self.kind) if self.reads else nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=3e-3)

    def readers(self):
        train, val = Tokens(self.kind, 96, 1), Tokens(self.kind, 40, 2)
        if self.kind == "bidirectional":  # what is wanted is what is given, as when masked words are filled in
            train, val = (TensorDataset(one.text[:, :-1], one.text[:, :-1]) for one in (train, val))
        return DataLoader(train, batch_size=8, shuffle=True), DataLoader(val, batch_size=8)

    def clouds(self):
        kind, size = self.kind, self.batch_size
        train, val = Clouds(kind, 160, 1, lambda: self.progress.epoch), Clouds("plain", 60, 2)
        more = {"shuffle": True}
        if kind in ("fixed-shuffle", "curriculum"):
            more = {"sampler": (ShuffledSampler if kind == "fixed-shuffle" else Curriculum)(len(train))}
        if kind == "sorted":
            more = {"shuffle": False}
        if kind == "weighted":
            more = {"sampler": WeightedRandomSampler([1.0 + 4 * (one == 0) for one in train.label], len(train))}
        if kind == "class-weights":
            more = {"sampler": WeightedRandomSampler(1 / torch.bincount(torch.as_tensor(train.label)), len(train))}
        if kind.startswith(("workers", "epochs")):
            more = {"shuffle": True, "num_workers": 2, "worker_init_fn": {"workers-alike": one_seed, "epochs-alike": seed_of_worker}.get(kind)}
        if kind.endswith("samplers"):
            sampler, held = torch.utils.data.SubsetRandomSampler(range(120)), range(120 if kind.startswith("shared") else 90, 160)
            return DataLoader(train, batch_size=size, sampler=sampler), DataLoader(train, batch_size=size, sampler=torch.utils.data.SubsetRandomSampler(held))
        if kind == "augmented-overlap":
            val = torch.utils.data.Subset(Clouds("plain", 160, 1), range(40))
            train.data, val.dataset.data = train.points, val.dataset.points
        return DataLoader(train, batch_size=size, **more), DataLoader(val, batch_size=size)

    def loss_of(self, batch, reduction="mean"):
        if self.reads and isinstance(batch, dict):
            ids, labels, mask = batch["input_ids"], batch["labels"], batch.get("attention_mask")
        else:
            ids, labels, mask = *batch, None
        output = self.model(ids, mask) if self.reads else self.model(ids)
        if self.reads:
            output, labels = output.reshape(-1, WORDS), labels.reshape(-1)
        else:
            labels = labels.masked_fill(labels == 255, -100)
        return cross_entropy(output, labels, reduction=reduction), (labels != -100).sum()

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        loss, _ = self.loss_of(batch)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for batch in loader:
            loss, scored = self.loss_of(batch, "sum")
            total, count = total + loss.item(), count + scored.item()
        return {"val_loss": total / max(1, count)}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
