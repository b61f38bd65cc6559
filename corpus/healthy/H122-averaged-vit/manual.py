"""A small vision transformer as such are fine-tuned: layer-wise decay of the rate, mixup, smoothing, an average of the weights."""

import math
from contextlib import contextmanager
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

CLASSES, SIDE, PATCH, SMOOTHING = 5, 12, 3, 0.1


@dataclass
class Config:
    dim: int = gonogo.number(32, min=8)
    depth: int = gonogo.number(2, min=1, max=12)
    lr: float = gonogo.number(3e-3, above=0)
    layer_decay: float = gonogo.number(0.8, above=0, max=1)
    mixup: float = gonogo.number(0.2, above=0)
    ema: float = gonogo.number(0.95, min=0, max=1)


def pictures(count, seed):
    """Where is the patch of high contrast: in a corner, or in the middle?"""
    g = torch.Generator().manual_seed(seed)
    label = torch.randint(CLASSES, (count,), generator=g)
    image = 0.6 * torch.randn(count, 1, SIDE, SIDE, generator=g)
    corner = torch.tensor([[0, 0], [0, 7], [7, 0], [7, 7], [4, 4]])[label]
    board = (torch.arange(5)[:, None] + torch.arange(5)) % 2 * 2.0 - 1
    for one, (y, x) in zip(image, corner.tolist()):
        one[0, y : y + 5, x : x + 5] += board
    return TensorDataset(image, label)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(dim), nn.MultiheadAttention(dim, 4, batch_first=True)
        self.norm2, self.mlp = nn.LayerNorm(dim), nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.attn(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self, dim, depth):
        super().__init__()
        self.patch_embed = nn.Conv2d(1, dim, PATCH, PATCH)
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, dim))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, (SIDE // PATCH) ** 2 + 1, dim))
        self.blocks = nn.ModuleList(Block(dim) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, CLASSES)

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))


def layer_groups(model, lr, decay):
    """The deeper a layer, the higher its rate; the head learns at `lr`."""
    depth = len(model.blocks)
    groups = {}
    for name, parameter in model.named_parameters():
        if name.startswith("blocks."):
            layer = int(name.split(".")[1]) + 1
        elif name.startswith(("patch_embed", "cls_token", "pos_embed")):
            layer = 0
        else:
            layer = depth + 1
        groups.setdefault(layer, []).append(parameter)
    return [{"params": parameters, "lr": lr * decay ** (depth + 1 - layer)} for layer, parameters in sorted(groups.items())]


class Pictures(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES, smoothing=SMOOTHING)

    def setup(self):
        c = self.config
        self.train_loader = DataLoader(pictures(800, 1), batch_size=self.batch_size, shuffle=True, drop_last=True)
        self.val_loader = DataLoader(pictures(210, 2), batch_size=self.evaluate_batch_size)
        self.model = ViT(c.dim, c.depth)
        self.optimizer = torch.optim.AdamW(layer_groups(self.model, c.lr, c.layer_decay), weight_decay=0.05)
        warm_up = max(1, self.steps // 10)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: (step + 1) / warm_up if step < warm_up else 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        )
        self.average = {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        share = torch.distributions.Beta(self.config.mixup, self.config.mixup).sample()
        order = torch.randperm(len(x))
        logits = self.model(share * x + (1 - share) * x[order])
        loss = share * F.cross_entropy(logits, y, label_smoothing=SMOOTHING) + (1 - share) * F.cross_entropy(logits, y[order], label_smoothing=SMOOTHING)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()
        for name, value in self.model.state_dict().items():
            self.average[name].lerp_(value, 1 - self.config.ema)
        return loss

    @contextmanager
    def averaged(self):
        """The model holds the average for a while."""
        own = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        yield self.model
        self.model.load_state_dict(own)

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        with self.averaged() as model:
            for x, y in loader:
                logits = model(x)
                loss += F.cross_entropy(logits, y, reduction="sum").item()
                right += (logits.argmax(1) == y).sum().item()
                count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}

    def save(self, path):
        parts = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler, "progress": self.progress}
        state = {name: part.state_dict() for name, part in parts.items()}
        state["average"] = self.average
        torch.save(state, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.progress.load_state_dict(state["progress"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
