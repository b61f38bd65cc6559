"""A character-level GPT. One file, one loop, as small as it gets."""

import math
import random
from dataclasses import dataclass

import gonogo
import torch
import torch.nn as nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    n_layer: int = gonogo.number(2, min=1, max=12)
    n_embd: int = gonogo.number(32, min=8, max=512)
    block_size: int = gonogo.number(32, min=8, max=256)
    dropout: float = gonogo.number(0.1, min=0, max=0.9)
    learning_rate: float = gonogo.number(3e-3, above=0)
    weight_decay: float = gonogo.number(0.1, min=0)
    micro_batches: int = gonogo.number(4, min=1, max=64)


def tale(sentences=600):
    draw = random.Random(7)
    who, did, what = ["the fox", "a miller", "old anna", "the king", "my cat"], ["saw", "ate", "sold", "hid", "found"], ["a stone", "the bread", "nine eggs", "his crown", "a red door"]
    return " ".join(f"{draw.choice(who)} {draw.choice(did)} {draw.choice(what)}." for _ in range(sentences))


TEXT = tale()
CHARS = sorted(set(TEXT))


class Blocks(Dataset):
    def __init__(self, data, block_size):
        self.data, self.block_size = data, block_size

    def __len__(self):
        return (len(self.data) - 1) // self.block_size

    def __getitem__(self, i):
        chunk = self.data[i * self.block_size : (i + 1) * self.block_size + 1]
        return chunk[:-1], chunk[1:]


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.qkv, self.proj = nn.Linear(c.n_embd, 3 * c.n_embd), nn.Linear(c.n_embd, c.n_embd)
        self.heads, self.dropout = 4, c.dropout
        self.register_buffer("mask", torch.ones(c.block_size, c.block_size).tril().bool())

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (one.view(B, T, self.heads, C // self.heads).transpose(1, 2) for one in self.qkv(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=self.mask[:T, :T], dropout_p=self.dropout if self.training else 0.0)
        return self.proj(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(c.n_embd), Attention(c), nn.LayerNorm(c.n_embd)
        self.mlp = nn.Sequential(nn.Linear(c.n_embd, 4 * c.n_embd), nn.GELU(), nn.Linear(4 * c.n_embd, c.n_embd), nn.Dropout(c.dropout))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, c, vocab_size):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab_size, c.n_embd), nn.Embedding(c.block_size, c.n_embd)
        self.h = nn.ModuleList([Block(c) for _ in range(c.n_layer)])
        self.ln_f, self.lm_head = nn.LayerNorm(c.n_embd), nn.Linear(c.n_embd, vocab_size, bias=False)
        self.apply(self._init_weights)
        self.lm_head.weight = self.wte.weight

    def _init_weights(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx):
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1], device=idx.device))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def lm_loss(logits, targets, reduction="mean"):
    return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction=reduction)


class CharGPT(gonogo.Experiment[Config]):
    task = gonogo.custom(initial={"loss": math.log(len(CHARS))})

    def setup(self):
        c = self.config
        data = torch.tensor([CHARS.index(one) for one in TEXT])
        n = int(0.9 * len(data))
        train_data, val_data = data[:n], data[n:]
        self.train_loader = DataLoader(Blocks(train_data, c.block_size), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(Blocks(val_data, c.block_size), batch_size=self.evaluate_batch_size)
        self.model = GPT(c, len(CHARS))
        decay = [p for p in self.model.parameters() if p.dim() >= 2]
        no_decay = [p for p in self.model.parameters() if p.dim() < 2]
        groups = [{"params": decay, "weight_decay": c.weight_decay}, {"params": no_decay, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=c.learning_rate, betas=(0.9, 0.95))

    def get_lr(self, it):
        decay_iters = self.steps
        warmup_iters = decay_iters // 20
        if it < warmup_iters:
            return self.config.learning_rate * (it + 1) / (warmup_iters + 1)
        ratio = min(1.0, (it - warmup_iters) / max(1, decay_iters - warmup_iters))
        return self.config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * ratio))

    def train_step(self, batch):
        x, y = batch
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.get_lr(self.progress.step)
        total = 0.0
        for micro_x, micro_y in zip(x.chunk(self.config.micro_batches), y.chunk(self.config.micro_batches)):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.model(micro_x)
            loss = lm_loss(logits, micro_y) * len(micro_x) / len(x)
            loss.backward()
            total += loss.item()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {"loss": total}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for x, y in loader:
            total += lm_loss(self.model(x), y, "sum").item()
            count += y.numel()
        return {"val_loss": total / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        checkpoint = torch.load(path, weights_only=True)
        self.model.load_state_dict(checkpoint["model"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])
        self.progress.load_state_dict(checkpoint["progress"])
