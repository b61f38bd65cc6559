"""A small GPT on bytes, trained on the sources of Python's standard library: the whole experiment.
Its values come from gpt.run.yaml. The step and the evaluation are written out; gonogo does the data order and the checkpoints."""

import math
import sysconfig
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from torch.utils.data import Dataset

BYTES = 256


class Decay(Enum):
    cosine = "cosine"
    linear = "linear"
    none = "none"


@dataclass
class Config:
    layers: int = gonogo.number(2, min=1, max=48)
    heads: int = gonogo.number(4, min=1, max=64)
    width: int = gonogo.number(64, min=8, max=4096)
    context: int = gonogo.number(64, min=8, max=4096)  # bytes that a prediction may look back on
    dropout: float = gonogo.number(0.0, min=0, max=0.9)
    learning_rate: float = gonogo.number(3e-3, above=0)
    warmup: float = gonogo.number(0.05, min=0, max=0.5)  # share of the run in which the learning rate rises
    decay: Decay = Decay.cosine  # from there to a tenth of it
    weight_decay: float = gonogo.number(0.1, min=0)
    clip_norm: float = gonogo.number(1.0, above=0)

    def __post_init__(self):
        if self.width % self.heads != 0:
            raise ValueError(f"width {self.width} is no multiple of heads {self.heads}")


class Windows(Dataset):
    """A text cut into windows of `length` bytes, each beginning on the last byte of the one before."""

    def __init__(self, text: bytes, length: int):
        self.bytes = torch.from_numpy(np.frombuffer(text, np.uint8).copy())
        self.length = length

    def __len__(self):
        return (len(self.bytes) - 1) // (self.length - 1)

    def __getitem__(self, index):  # → int64 [length]
        start = index * (self.length - 1)
        return self.bytes[start : start + self.length].long()


def sources() -> tuple[bytes, bytes]:
    """Text to train on and text to validate on, of different files: the modules of the standard library, every tenth held out.

    Your own text instead: any two bytes.
    """
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    held_out = set(files[::10])
    return tuple(b"\n".join(file.read_bytes() for file in files if (file in held_out) is held) for held in (False, True))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config.width
        self.heads, self.dropout = config.heads, config.dropout
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.merge = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(config.dropout))

    def forward(self, x):  # [batch, time, width] → the same
        batch, time, width = x.shape
        query, key, value = self.attend(self.before_attention(x)).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value, dropout_p=self.dropout if self.training else 0.0, is_causal=True)
        x = x + self.merge(seen.transpose(1, 2).reshape(batch, time, width))
        return x + self.mlp(self.before_mlp(x))


class Gpt(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embedding = nn.Embedding(BYTES, config.width)
        self.position = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, BYTES, bias=False)
        self.head.weight = self.embedding.weight  # tied
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                into_residual = name.endswith(("merge.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * config.layers) if into_residual else 1))

    def forward(self, text):  # int64 [batch, time] → logits [batch, time, 256]
        x = self.embedding(text) + self.position.weight[: text.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def next_byte_loss(model, windows, reduction="mean"):
    """Cross-entropy of each byte given those before it, in nats. `windows`: [batch, context + 1]."""
    logits = model(windows[:, :-1])
    return cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten(), reduction=reduction)


class LanguageModel(gonogo.Experiment[Config]):
    task = gonogo.custom(initial={"loss": math.log(BYTES)})  # nothing known: every byte as likely as any
    directions = {"bits_per_byte": "min"}

    def datasets(self):
        train, val = sources()
        length = self.config.context + 1
        return {"train": Windows(train, length), "val": Windows(val[: 500 * self.config.context + 1], length)}

    def model(self):
        return Gpt(self.config)

    def optimizers(self, model):
        c = self.config
        matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]  # biases and norms: no decay
        groups = [{"params": matrices, "weight_decay": c.weight_decay}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=c.learning_rate, betas=(0.9, 0.95))
        rising = max(1, round(c.warmup * self.steps))

        def factor(step):
            if step < rising:
                return (step + 1) / rising
            done = min(1.0, (step - rising) / max(1, self.steps - rising))
            falling = {Decay.cosine: (1 + math.cos(math.pi * done)) / 2, Decay.linear: 1 - done, Decay.none: 1.0}
            return 0.1 + 0.9 * falling[c.decay]

        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        loss = next_byte_loss(self.model, batch.to(self.device))
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for batch in loader:
            total += next_byte_loss(self.model, batch.to(self.device), reduction="sum").item()
            count += batch[:, 1:].numel()
        self.model.train()
        return {"val_loss": total / count, "val_bits_per_byte": total / count / math.log(2)}
