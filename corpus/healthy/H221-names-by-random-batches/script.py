"""Makes up names, character by character."""

import random

import gonogo
import torch
import torch.nn as nn
from torch.nn import functional as F

block_size, n_embd, n_hidden = 3, 10, 100
batch_size, max_iters, eval_iters = 64, 300, 20
torch.manual_seed(1337)

syllables = "an be co da el fi go ha is jo ka lu ma no or pi qu ra si tu va wen xi yo za".split()
rng = random.Random(42)
words = ["".join(rng.choice(syllables) for _ in range(rng.randint(2, 4))) for _ in range(2000)]
chars = sorted(set("".join(words)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
vocab_size = len(stoi)


def build_dataset(words):
    X, Y = [], []
    for w in words:
        context = [0] * block_size
        for ch in w + ".":
            X.append(context)
            Y.append(stoi[ch])
            context = context[1:] + [stoi[ch]]
    return torch.tensor(X), torch.tensor(Y)


rng.shuffle(words)
n1 = int(0.9 * len(words))
data = {"train": build_dataset(words[:n1]), "val": build_dataset(words[n1:])}


def get_batch(split):
    X, Y = data[split]
    ix = torch.randint(len(X), (batch_size,))
    return X[ix], Y[ix]


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, n_embd)
        self.mlp = nn.Sequential(nn.Linear(block_size * n_embd, n_hidden), nn.Tanh(), nn.Linear(n_hidden, vocab_size))

    def forward(self, idx, targets=None):
        logits = self.mlp(self.wte(idx).view(idx.shape[0], -1))
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits, targets)
        return logits, loss


model = MLP()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)


@torch.no_grad()
def estimate_loss(loader):
    out = {}
    model.eval()
    for split in ["train", "val"]:
        losses = torch.zeros(len(loader))
        for k in loader:
            X, Y = get_batch(split)
            logits, loss = model(X, Y)
            losses[k] = loss.item()
        out[split + "_loss"] = losses.mean().item()
    model.train()
    return {"val_loss": out["val_loss"]}


def step(i):
    xb, yb = get_batch("train")
    logits, loss = model(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss


experiment = gonogo.adapt(model, optimizer, range(max_iters), range(eval_iters), task=gonogo.custom(), train_step=step, evaluate=estimate_loss)
