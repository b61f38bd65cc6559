"""One small classifier whose training step is written in many ways: healthy ones, odd ones, and each bug of the optimisation checks.
`kind` chooses. Not the corpus: each of these shows one relation and nothing else."""

from dataclasses import dataclass
from typing import Literal

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

CLASSES = 5

Kind = Literal[
    "plain",
    "accumulates",
    "two-optimizers",
    "closure",
    "sharpness-aware",
    "sparse",
    "scaled",
    "frozen-half",
    "grows-its-loss",
    "queue",
    "clips-and-looks",
    # bugs
    "clips-too-late",
    "never-clears",
    "never-clears-accumulating",
    "never-clears-one-of-two",
    "never-clears-closure",
    "clears-the-head-alone",
    "flipped",
    "flipped-and-reported-right",
    "maximises",
    "reports-a-half",
    "by-hand",
    "root-of-zero",
    "clips-before-unscaling",
    "clamps-the-loss",
    "clamps-each-loss",
    "hinges",
    "keeps-losses",
    "sums-losses",
    "keeps-losses-for-an-epoch",
    "keeps-numbers",
    "micro-batches",
    "micro-batches-weighted",
    "class-weights",
    "contrastive",
    "summed",
    "micro-batches-undivided",
    "micro-batches-mean-of-means",
]


Schedule = Literal[
    "none", "cosine", "warmed", "epochs", "plateau",
    # bugs
    "epochs-a-batch", "twice", "too-short", "never", "zero-epoch",
]  # fmt: skip


@dataclass
class Config:
    kind: Kind = "plain"
    schedule: Schedule = "none"
    learning_rate: float = gonogo.number(1e-2, above=0)
    weight_decay: float = gonogo.number(0.01, min=0)
    decay: Literal["all", "matrices", "by-name"] = "all"


def patterns(count, seed):
    generator = torch.Generator().manual_seed(7)
    prototypes = torch.randn(CLASSES, 12, generator=generator)
    generator.manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=generator)
    return TensorDataset(prototypes[label] + 0.8 * torch.randn(count, 12, generator=generator), label)


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.body = nn.Linear(12, 16)
        self.norm = nn.BatchNorm1d(16)
        self.embedding = nn.Embedding(8, 16, sparse=kind == "sparse")
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x):
        coarse = (x[:, 0] > 0).long() + 2 * (x[:, 1] > 0).long()
        return self.head(torch.relu(self.norm(self.body(x) + self.embedding(coarse))))


class Optim(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)

    def setup(self):
        kind, rate = self.config.kind, self.config.learning_rate
        self.train_loader = DataLoader(patterns(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(patterns(203, 2), batch_size=self.evaluate_batch_size)
        self.model = Net(kind)
        if kind == "frozen-half":
            self.model.body.requires_grad_(False)
        if kind == "sparse":
            # SparseAdam takes nothing else
            rest = [p for name, p in self.model.named_parameters() if "embedding" not in name]
            self.optimizer = torch.optim.Adam(rest, lr=rate)
            self.sparse = torch.optim.SparseAdam(self.model.embedding.parameters(), lr=rate)
        elif "two" in kind:
            self.body = torch.optim.Adam([*self.model.body.parameters(), *self.model.norm.parameters(), *self.model.embedding.parameters()], lr=rate)
            self.head = torch.optim.SGD(self.model.head.parameters(), lr=rate)
        elif "closure" in kind:
            self.optimizer = torch.optim.LBFGS(self.model.parameters(), lr=rate, max_iter=4)
        else:
            self.optimizer = torch.optim.AdamW(self.groups(), lr=rate)
        if kind == "maximises":
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate, maximize=True)
        if kind in ("scaled", "clips-before-unscaling"):
            self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
        if self.config.schedule != "none":
            self.schedule = self.make_schedule(self.config.schedule)
        self.calls = 0
        self.keys = [0.0] * 8
        self.kept, self.total = [], 0.0

    def groups(self):
        named = [(name, p) for name, p in self.model.named_parameters() if p.requires_grad]
        spared = {
            "all": lambda name, p: False,
            "matrices": lambda name, p: p.ndim < 2,
            "by-name": lambda name, p: name.endswith("bias"),
        }[self.config.decay]
        kept = [p for name, p in named if not spared(name, p)]
        rest = [p for name, p in named if spared(name, p)]
        return [{"params": kept, "weight_decay": self.config.weight_decay}, {"params": rest, "weight_decay": 0.0}] if rest else [{"params": kept, "weight_decay": self.config.weight_decay}]

    def make_schedule(self, kind):
        rates, epochs = torch.optim.lr_scheduler, self.steps // len(self.train_loader)
        if kind in ("epochs", "epochs-a-batch"):
            return rates.CosineAnnealingLR(self.optimizer, epochs)
        if kind == "too-short":
            return rates.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps // 2)
        if kind == "zero-epoch":
            return rates.LambdaLR(self.optimizer, lambda epoch: epoch / epochs)
        if kind == "plateau":
            return rates.ReduceLROnPlateau(self.optimizer)
        if kind == "warmed":
            self.rise, self.fall = rates.LinearLR(self.optimizer, 0.01, total_iters=5), rates.CosineAnnealingLR(self.optimizer, self.steps - 5)
            return rates.SequentialLR(self.optimizer, [self.rise, self.fall], [5])
        return rates.CosineAnnealingLR(self.optimizer, self.steps)

    def step_schedule(self, at):
        kind = self.config.schedule
        for each, times in {"step": (("cosine", 1), ("warmed", 1), ("epochs-a-batch", 1), ("too-short", 1), ("twice", 2)), "epoch": (("epochs", 1), ("zero-epoch", 1))}.items():
            for name, count in times:
                if name == kind and each == at:
                    for _ in range(count):
                        self.schedule.step()

    def loss(self, batch):
        given, label = batch
        logits = self.model(given)
        kind = self.config.kind
        if kind == "by-hand":
            return -torch.log(torch.softmax(logits, 1)[torch.arange(len(label)), label]).mean()
        if kind == "root-of-zero":
            return cross_entropy(logits, label) + (logits - logits).square().sum().sqrt()
        if kind == "clamps-the-loss":
            return cross_entropy(logits, label).clamp(max=1.0)
        if kind == "clamps-each-loss":
            return cross_entropy(logits, label, reduction="none").clamp(max=1.0).mean()
        if kind == "class-weights":
            return cross_entropy(logits, label, weight=torch.arange(1.0, CLASSES + 1))
        if kind == "contrastive":
            return cross_entropy(logits @ logits.T, torch.arange(len(label)))
        if kind == "summed":
            return cross_entropy(logits, label, reduction="sum")
        if kind == "hinges":
            return nn.functional.multi_margin_loss(logits, label, margin=0.1)
        return cross_entropy(logits, label)

    def train_step(self, batch):
        self.model.train()
        step = getattr(self, "_" + self.config.kind.replace("-", "_"))
        loss = step(batch)
        self.step_schedule("step")
        return {"loss": loss}

    def _plain(self, batch):
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        self.optimizer.step()
        return loss

    _frozen_half = _maximises = _by_hand = _root_of_zero = _clamps_the_loss = _clamps_each_loss = _hinges = _plain
    _class_weights = _contrastive = _summed = _plain

    def _micro(self, batch, loss_of):
        """Four parts of a batch, one update."""
        self.optimizer.zero_grad()
        total = 0.0
        for given, label in zip(batch[0].chunk(4), batch[1].chunk(4)):
            loss = loss_of(self.model(given), label, batch[1])
            loss.backward()
            total += loss.item()
        self.optimizer.step()
        return total

    def _micro_batches(self, batch):
        return self._micro(batch, lambda logits, label, whole: cross_entropy(logits, label) * len(label) / len(whole))

    def _micro_batches_weighted(self, batch):
        weight = torch.arange(1.0, CLASSES + 1)
        return self._micro(batch, lambda logits, label, whole: cross_entropy(logits, label, weight, reduction="sum") / weight[whole].sum())

    def _micro_batches_undivided(self, batch):
        return self._micro(batch, lambda logits, label, whole: cross_entropy(logits, label))

    def _micro_batches_mean_of_means(self, batch):
        weight = torch.arange(1.0, CLASSES + 1)
        return self._micro(batch, lambda logits, label, whole: cross_entropy(logits, label, weight) / 4)

    def _flipped(self, batch):
        self.optimizer.zero_grad()
        loss = -self.loss(batch)
        loss.backward()
        self.optimizer.step()
        return loss

    def _flipped_and_reported_right(self, batch):
        return -self._flipped(batch)

    def _reports_a_half(self, batch):
        return self._plain(batch) / 2

    def _keeps_losses(self, batch):
        loss = self._plain(batch)
        self.kept.append(loss)
        return loss

    def _sums_losses(self, batch):
        loss = self._plain(batch)
        self.total = self.total + loss
        return loss.item()

    def on_epoch_end(self):
        self.step_schedule("epoch")
        if self.config.kind == "keeps-losses-for-an-epoch":
            self.kept.clear()

    _keeps_losses_for_an_epoch = _keeps_losses

    def _keeps_numbers(self, batch):
        loss = self._plain(batch)
        self.kept.append(loss.item())
        return loss

    def _clips_before_unscaling(self, batch):
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        self.scaler.scale(loss).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss

    def _clips_too_late(self, batch):
        loss = self._plain(batch)
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.05)
        return loss

    def _clips_and_looks(self, batch):
        """Clips in time, and asks for the norm once more when the step is over."""
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.05)
        self.optimizer.step()
        nn.utils.clip_grad_norm_(self.model.parameters(), float("inf"))
        return loss

    def _accumulates(self, batch):
        loss = self.loss(batch)
        (loss / 3).backward()
        self.calls += 1
        if self.calls % 3 == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
        return loss

    def _two_optimizers(self, batch):
        loss = self.loss(batch)
        self.body.zero_grad()
        loss.backward()
        self.body.step()
        # twice for one of the other, as critics are
        self.head.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        self.head.step()
        return loss

    def _closure(self, batch):
        def closure():
            self.optimizer.zero_grad()
            loss = self.loss(batch)
            loss.backward()
            return loss

        return self.optimizer.step(closure)

    def _sharpness_aware(self, batch):
        parameters = list(self.model.parameters())
        self.optimizer.zero_grad()
        self.loss(batch).backward()
        with torch.no_grad():
            length = torch.stack([p.grad.norm() for p in parameters]).norm()
            moves = [0.05 * p.grad / (length + 1e-12) for p in parameters]
            for p, move in zip(parameters, moves):
                p.add_(move)
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        with torch.no_grad():
            for p, move in zip(parameters, moves):
                p.sub_(move)
        self.optimizer.step()
        return loss

    def _sparse(self, batch):
        self.optimizer.zero_grad()
        self.sparse.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        self.optimizer.step()
        self.sparse.step()
        return loss

    def _scaled(self, batch):
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss

    def _grows_its_loss(self, batch):
        """A weight that warms up in a counter that nobody sees: the gradient grows with each call, as without zero_grad()."""
        self.keys[0] += 1
        self.optimizer.zero_grad()
        loss = self.loss(batch) * self.keys[0]
        loss.backward()
        self.optimizer.step()
        return loss

    def _queue(self, batch):
        """What was seen before enters the loss, and the harness does not hold it."""
        self.optimizer.zero_grad()
        loss = self.loss(batch)
        (loss * (1 + 0.1 * self.keys[-1])).backward()
        self.keys = [*self.keys[1:], float(loss.detach())]
        self.optimizer.step()
        return loss

    def _never_clears(self, batch):
        loss = self.loss(batch)
        loss.backward()
        self.optimizer.step()
        return loss

    def _never_clears_accumulating(self, batch):
        loss = self.loss(batch)
        (loss / 3).backward()
        self.calls += 1
        if self.calls % 3 == 0:
            self.optimizer.step()
        return loss

    def _never_clears_one_of_two(self, batch):
        self.head.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        self.body.step()
        self.head.step()
        return loss

    def _never_clears_closure(self, batch):
        def closure():
            loss = self.loss(batch)
            loss.backward()
            return loss

        return self.optimizer.step(closure)

    def _clears_the_head_alone(self, batch):
        self.model.head.zero_grad()
        loss = self.loss(batch)
        loss.backward()
        self.optimizer.step()
        return loss

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for given, label in loader:
            logits = self.model(given)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        self.model.train()
        return {"val_loss": total / count, "val_accuracy": right / count}
