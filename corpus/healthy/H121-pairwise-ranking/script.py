"""Bayesian personalised ranking: what a user took against what was not taken; one item of each user is left out for the test."""

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

USERS, ITEMS, FACTORS = 120, 80, 16


def interactions():
    rng = np.random.default_rng(6)
    taste, kind = rng.normal(size=(USERS, 4)), rng.normal(size=(ITEMS, 4))
    score = taste @ kind.T + rng.gumbel(size=(USERS, ITEMS))
    return np.argsort(-score, axis=1)[:, :13]


chosen = interactions()
train_pairs = torch.tensor([(u, i) for u in range(USERS) for i in chosen[u, 1:]])
test_pairs = torch.tensor([(u, chosen[u, 0]) for u in range(USERS)])
taken = torch.zeros(USERS, ITEMS, dtype=torch.bool)
taken[train_pairs[:, 0], train_pairs[:, 1]] = True


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(USERS, FACTORS), nn.Embedding(ITEMS, FACTORS)
        self.bias = nn.Embedding(ITEMS, 1)
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=0.1)
        nn.init.zeros_(self.bias.weight)

    def forward(self, users, items):
        return (self.users(users) * self.items(items)).sum(-1) + self.bias(items).squeeze(-1)


def draw_negatives(users):
    """One item each that the user has not taken."""
    free = (~taken[users]).float()
    return torch.multinomial(free, 1).squeeze(1)


model = Factors()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
train_loader = DataLoader(TensorDataset(train_pairs[:, 0], train_pairs[:, 1]), batch_size=64, shuffle=True)
val_loader = DataLoader(TensorDataset(test_pairs[:, 0], test_pairs[:, 1]), batch_size=50)


def train_step(batch):
    users, items = batch
    model.train()
    negatives = draw_negatives(users)
    loss = -F.logsigmoid(model(users, items) - model(users, negatives)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    """Rank of the held-out item among all that were not taken."""
    model.eval()
    loss = hits = count = 0
    for users, items in loader:
        scores = model(users[:, None], torch.arange(ITEMS)[None]).masked_fill(taken[users], -torch.inf)
        loss += F.cross_entropy(scores, items, reduction="sum").item()
        hits += (scores.topk(10, dim=1).indices == items[:, None]).any(1).sum().item()
        count += len(users)
    return {"val_loss": loss / count, "val_hits": hits / count}


experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader,
    task=gonogo.custom(initial={"loss": 0.693}), objective="hits", directions={"hits": "max"}, train_step=train_step, evaluate=evaluate,
)
