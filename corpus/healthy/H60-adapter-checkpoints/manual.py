"""A pretrained base, never changed and never saved again; what is trained on top of it is kept."""

import torch
from classifier import CLASSES, Classifier
from torch import nn


class Adapter(nn.Module):
    def __init__(self, base, rank=4):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down = nn.Linear(base.out_features, rank)
        self.up = nn.Linear(rank, base.out_features)

    def forward(self, x):
        hidden = self.base(x).relu()
        return hidden + self.up(self.down(hidden).relu())


def pretrained():
    """As downloaded: the same for every seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1234)
        return nn.Linear(64, 64)


class Adapted(Classifier):
    frozen = ("*.base.*",)

    def build(self):
        return nn.Sequential(nn.Flatten(), Adapter(pretrained()), nn.Linear(64, CLASSES))

    def make_optimizer(self):
        return torch.optim.AdamW([one for one in self.model.parameters() if one.requires_grad], lr=self.config.learning_rate)

    def save(self, path):
        super().save(path)
        state = torch.load(path, weights_only=True)
        torch.save({**state, "model": {name: value for name, value in state["model"].items() if ".base." not in name}}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        base = {name: value for name, value in self.model.state_dict().items() if ".base." in name}
        torch.save({**state, "model": {**base, **state["model"]}}, f"{path}.whole")
        super().load(f"{path}.whole")
