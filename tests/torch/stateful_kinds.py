"""Programs whose state is more than weights and one optimizer. Not tests, and no bugs: each must come back bitwise."""

import copy
import os

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import lr_scheduler
from torch.utils.checkpoint import checkpoint

KIND = os.environ.get("TEST_KIND", "schedulers")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.drop, self.last = nn.Linear(5, 8), nn.Dropout(0.3), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(self.drop(torch.relu(self.first(x))))


class Recomputed(Net):
    def forward(self, x):
        return self.last(checkpoint(lambda y: self.drop(torch.relu(self.first(y))), x, use_reentrant=False))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.back, self.last = nn.Linear(5, 8, bias=False), nn.Linear(5, 8, bias=False), nn.Linear(8, 3)
        self.back.weight = self.embed.weight

    def forward(self, x):
        return self.last(torch.tanh(self.embed(x)) + self.back(x))


class PlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers, self.last = [nn.Linear(5, 5) for _ in range(2)], nn.Linear(5, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.last(x)

    def parameters(self, recurse=True):
        yield from super().parameters(recurse)
        for layer in self.layers:
            yield from layer.parameters()


def lazy():
    model = nn.Sequential(nn.LazyLinear(8), nn.LazyBatchNorm1d(), nn.ReLU(), nn.LazyLinear(3))
    model(torch.zeros(2, 5))
    return model


MODELS = {
    "weight-norm": lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(5, 8)), nn.ReLU(), nn.Linear(8, 3)),
    "spectral-norm": lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(5, 8)), nn.ReLU(), nn.Linear(8, 3)),
    "old-spectral-norm": lambda: nn.Sequential(nn.utils.spectral_norm(nn.Linear(5, 8)), nn.ReLU(), nn.Linear(8, 3)),
    "orthogonal": lambda: nn.Sequential(nn.utils.parametrizations.orthogonal(nn.Linear(5, 5)), nn.ReLU(), nn.Linear(5, 3)),
    "lazy": lazy,
    "recomputed": Recomputed,
    "tied": Tied,
    "plain-list": PlainList,
    "compiled": lambda: torch.compile(Net(), backend="eager"),
}


class Handmade:
    """A moving average as many write it."""

    def __init__(self, model, decay=0.9):
        self.decay = decay
        self.shadow = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
        self.updates = 0

    def update(self, model):
        self.updates += 1
        for name, parameter in model.named_parameters():
            self.shadow[name].mul_(self.decay).add_(parameter.detach(), alpha=1 - self.decay)


class Kinds(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def datasets(self):
        generator = torch.Generator().manual_seed(3)
        label = torch.arange(60) % 3
        image = torch.randn(60, 5, generator=generator) + label[:, None]
        return {"train": gonogo.arrays(image[:40], label[:40]), "val": gonogo.arrays(image[40:], label[40:])}

    def setup(self):
        self.model = MODELS.get(KIND, Net)()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.01)
        self.schedules = []
        if KIND == "ema":
            self.average = torch.optim.swa_utils.AveragedModel(self.model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
            self.ema = Handmade(self.model)
            self.ema_model = copy.deepcopy(self.model).requires_grad_(False)
        if KIND == "swa":
            self.swa = torch.optim.swa_utils.AveragedModel(self.model)
            self.schedules = [torch.optim.swa_utils.SWALR(self.optimizer, swa_lr=0.05, anneal_epochs=5)]
        if KIND == "plateau":
            self.plateau = lr_scheduler.ReduceLROnPlateau(self.optimizer, patience=1, factor=0.5)
        if KIND == "schedulers":
            warm = lr_scheduler.LinearLR(self.optimizer, 0.1, total_iters=3)
            later = lr_scheduler.CosineAnnealingWarmRestarts(self.optimizer, 4)
            self.schedules = [
                lr_scheduler.SequentialLR(self.optimizer, [warm, later], [3]),
                lr_scheduler.ChainedScheduler([lr_scheduler.ExponentialLR(self.optimizer, 0.99), lr_scheduler.ConstantLR(self.optimizer, 0.5, 4)]),
                lr_scheduler.LambdaLR(self.optimizer, lambda step: 0.95**step),
            ]
        if KIND == "many-optimizers":
            self.optimizer = torch.optim.SGD(self.model.first.parameters(), lr=0.1, momentum=0.9, nesterov=True)
            self.other = torch.optim.Adagrad(self.model.last.parameters(), lr=0.1)
            self.schedules = [lr_scheduler.StepLR(self.optimizer, 3), lr_scheduler.OneCycleLR(self.other, 0.1, 100, cycle_momentum=False)]

    def train_step(self, batch):
        self.model.train()
        optimizers = [self.optimizer, *([self.other] if KIND == "many-optimizers" else [])]
        for one in optimizers:
            one.zero_grad()
        loss = cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        for one in optimizers:
            one.step()
        for one in self.schedules:
            one.step()
        if KIND == "plateau":
            self.plateau.step(loss.item())
        if KIND == "ema":
            self.average.update_parameters(self.model)
            self.ema.update(self.model)
            with torch.no_grad():
                for mine, theirs in zip(self.ema_model.parameters(), self.model.parameters()):
                    mine.lerp_(theirs, 0.1)
        if KIND == "swa" and self.progress.step > 3:
            self.swa.update_parameters(self.model)
        return {"loss": loss}
