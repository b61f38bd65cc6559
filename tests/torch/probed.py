"""Experiments that each show one thing to a probe, healthy and broken. Not planted bugs of checks: those are in the corpus."""

import os

import gonogo
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

KIND = os.environ.get("TEST_KIND", "plain")
LOOSE = [torch.zeros(3, requires_grad=True)]


def samples(count, seed):
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 3, count)
    given = generator.normal(0, 1, (count, 6)).astype(np.float32)
    given[np.arange(count), label] += 2
    return torch.from_numpy(given), torch.from_numpy(label)


class Plain(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def datasets(self):
        return {"train": gonogo.arrays(*samples(64, 1)), "val": gonogo.arrays(*samples(41, 2))}

    def model(self):
        return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))

    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), lr=0.1)


class Adam(Plain):
    def optimizers(self, model):
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        return optimizer, torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [4])


class Straight(Plain):
    """No layer that couples a batch: gradients of parts add up to that of the whole."""

    def model(self):
        return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))


class Mixing(Plain):
    def model(self):
        class Centred(nn.Linear):
            def forward(self, x):
                return super().forward(x - x.mean(0))

        return Centred(6, 3)


class Terms(Straight):
    """One term of two reaches nothing."""

    def loss(self, batch):
        output = self.model(batch[0])
        return {"fit": nn.functional.cross_entropy(output, batch[1]), "dead": (output.detach() ** 2).mean()}


class Twins(Straight):
    def model(self):
        made = super().model()
        nn.init.constant_(made[0].weight, 0.5)
        nn.init.zeros_(made[2].weight)
        return made


class Strays(Straight):
    """A leaf in a list of this file, in no module and no optimizer; the input requires a gradient, and is none of them."""

    def loss(self, batch):
        return nn.functional.cross_entropy(self.model(batch[0].requires_grad_()) + LOOSE[0], batch[1])


PLACES = torch.rand(5, 6, requires_grad=True)


class Places(Straight):
    """A penalty on derivatives by places that stay, measured by a network that rests."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.judge = nn.Linear(3, 3).eval()

    def loss(self, batch):
        output = self.model(PLACES)
        (slope,) = torch.autograd.grad(output.sum(), PLACES, create_graph=True)
        return nn.functional.cross_entropy(self.judge(self.model(batch[0])), batch[1]) + slope.square().mean()


class Manual(gonogo.Experiment):
    task = gonogo.classification(classes=3)
    forgets = sets = False

    def setup(self):
        torch.manual_seed(self.seed)
        self.model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.05)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, 0.05, total_steps=self.epochs_of * 8)
        self.make_loaders()

    epochs_of = 2

    def make_loaders(self):
        self.train_loader = DataLoader(torch.utils.data.TensorDataset(*samples(64, 1)), batch_size=8, shuffle=True)
        self.val_loader = DataLoader(torch.utils.data.TensorDataset(*samples(41, 2)), batch_size=16)

    def train_step(self, batch):
        self.model.train()
        if not self.forgets:
            self.optimizer.zero_grad()
        output = self.model(batch[0])
        fit, penalty = nn.functional.cross_entropy(output, batch[1]), 1e-3 * self.model[0].weight.square().sum()
        (fit + penalty).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.01)
        if self.sets:
            for group in self.optimizer.param_groups:
                group["lr"] = 0.05 / (1 + self.progress.step)
        self.optimizer.step()
        if not self.sets:
            self.schedule.step()
        return {"fit": fit, "penalty": penalty, "loss": (fit + penalty).detach()}

    def evaluate(self, loader):
        self.model.eval()
        right = total = 0
        with torch.no_grad():
            for given, label in loader:
                right += int((self.model(given).argmax(1) == label).sum())
                total += len(label)
        return {"val_accuracy": right / total}

    objective = "accuracy"


class Forgets(Manual):
    forgets = True

    def train_step(self, batch):
        self.model.train()
        loss = nn.functional.cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        self.optimizer.step()
        return loss


class ByHand(Manual):
    sets = True


class FromProgress(Manual):
    """Down to nothing after a third of the run, by the place in it."""

    def setup(self):
        super().setup()
        del self.schedule

    def train_step(self, batch):
        for group in self.optimizer.param_groups:
            group["lr"] = 0.05 * max(0.0, 1 - self.place() / (self.steps // 3))
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        self.optimizer.step()
        return loss

    def place(self):
        return self.progress.step


class FromACount(FromProgress):
    """By a count of its own, which no place in the run answers for."""

    done = 0

    def place(self):
        self.done += 1
        return self.done - 1


class FromTheLoss(FromProgress):
    """Less and less where the loss is small: a rate that no place in the run answers for either."""

    def place(self):
        return float(self.model[0].weight.detach().abs().sum()) % 3


class NoEval(Manual):
    def evaluate(self, loader):
        self.model.train()
        right = [(self.model(given).argmax(1) == label).float() for given, label in loader]
        return {"val_accuracy": float(torch.cat(right).mean())}


class Epochs(Manual):
    """A schedule of epochs, stepped at their end."""

    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, 1, gamma=0.1)

    def train_step(self, batch):
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        self.optimizer.step()
        return loss

    def on_epoch_end(self):
        self.schedule.step()


class Scaled(Manual):
    """The same step through a loss scale."""

    def setup(self):
        super().setup()
        self.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        fit, penalty = nn.functional.cross_entropy(self.model(batch[0]), batch[1]), 1e-3 * self.model[0].weight.square().sum()
        self.scaler.scale(fit + penalty).backward()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.01)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        return {"loss": (fit + penalty).item()}


class Noisy(Dataset):
    """Augmented with NumPy's global generator; each group of four samples belongs together."""

    def __init__(self):
        self.given, self.label = samples(64, 1)
        self.groups = [f"patient{index // 4}" for index in range(64)]

    def __len__(self):
        return 64

    def __getitem__(self, index):
        return self.given[index] + torch.from_numpy(np.random.normal(0, 0.1, 6).astype(np.float32)), self.label[index]


class Workers(Manual):
    def make_loaders(self):
        super().make_loaders()
        self.train_loader = DataLoader(Noisy(), batch_size=8, shuffle=True, num_workers=2)


class Endless(Manual):
    """An epoch with replacement that is longer than any run."""

    def make_loaders(self):
        super().make_loaders()
        data = torch.utils.data.TensorDataset(*samples(64, 1))
        endless = torch.utils.data.RandomSampler(data, replacement=True, num_samples=10**10)
        self.train_loader = DataLoader(data, batch_size=8, sampler=endless)


class Repeats(Workers):
    """Each process and each epoch starts NumPy's generator at the same place."""

    def make_loaders(self):
        super().make_loaders()
        self.train_loader = DataLoader(Noisy(), batch_size=8, num_workers=2, worker_init_fn=lambda _: np.random.seed(0))


class Sequences(gonogo.Experiment):
    """Next-token prediction by a running sum: each position sees the past alone."""

    task = gonogo.custom()
    reads_ahead = False

    def datasets(self):
        tokens = torch.from_numpy(np.random.default_rng(0).integers(0, 11, (48, 7)))
        return {"train": gonogo.arrays(tokens, tokens.roll(-1, 1)), "val": gonogo.arrays(tokens[:12], tokens[:12].roll(-1, 1))}

    def model(self):
        ahead = self.reads_ahead

        class Sum(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed, self.head = nn.Embedding(11, 16), nn.Linear(16, 11)

            def forward(self, tokens):
                seen = self.embed(tokens)
                return self.head(seen.sum(1, keepdim=True).expand_as(seen) if ahead else seen.cumsum(1))

        return Sum()

    def optimizers(self, model):
        return torch.optim.SGD(model.parameters(), lr=0.1)

    def loss(self, batch):
        return nn.functional.cross_entropy(self.model(batch[0]).transpose(1, 2), batch[1])


class ReadsAhead(Sequences):
    reads_ahead = True


experiment = {name.lower(): value for name, value in list(globals().items()) if isinstance(value, type)}[KIND]
