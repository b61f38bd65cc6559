"""Which kind of graph? A graph isomorphism network on rings, stars, grids and cliques; a batch is one big graph."""

import random
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy

KINDS = 4


@dataclass
class Config:
    width: int = gonogo.number(24, min=4)
    layers: int = gonogo.number(3, min=1, max=8)
    lr: float = gonogo.number(5e-3, above=0)


def graph(draw):
    """→ node features [nodes, 4], edges [2, edges], kind"""
    kind, n = draw.randrange(KINDS), draw.randint(6, 14)
    if kind == 0:
        pairs = [(i, (i + 1) % n) for i in range(n)]
    elif kind == 1:
        pairs = [(0, i) for i in range(1, n)]
    elif kind == 2:
        pairs = [(i, i + 1) for i in range(n - 1) if (i + 1) % 3] + [(i, i + 3) for i in range(n - 3)]
    else:
        pairs = [(i, j) for i in range(n) for j in range(i) if draw.random() < 0.6]
    pairs = pairs or [(0, 1)]
    features = torch.tensor([[1.0] + [draw.gauss(0, 0.3) for _ in range(3)] for _ in range(n)])
    edges = torch.tensor([*pairs, *[(b, a) for a, b in pairs]]).T
    return features, edges, kind


def graphs(count, seed):
    draw = random.Random(seed)
    return [graph(draw) for _ in range(count)]


class GIN(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.enter = nn.Linear(4, c.width)
        self.updates = nn.ModuleList(nn.Sequential(nn.Linear(c.width, c.width), nn.ReLU(), nn.Linear(c.width, c.width)) for _ in range(c.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(c.width) for _ in range(c.layers))
        self.head = nn.Linear(c.width, KINDS)

    def forward(self, nodes, edges, owner, count):
        h = self.enter(nodes)
        for update, norm in zip(self.updates, self.norms):
            messages = torch.zeros_like(h).index_add(0, edges[1], h[edges[0]])
            h = norm(h + update((h + messages) / 4))
        sums = torch.zeros(count, h.shape[1]).index_add(0, owner, h)
        sizes = torch.bincount(owner, minlength=count)[:, None]
        return self.head(sums / sizes)


class Kinds(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=KINDS)

    def datasets(self):
        return {"train": graphs(640, 1), "val": graphs(150, 2)}

    def collate(self, samples):
        edges, owner, offset = [], [], 0
        for i, (nodes, one, _) in enumerate(samples):
            edges.append(one + offset)
            owner.append(torch.full((len(nodes),), i))
            offset += len(nodes)
        nodes = torch.cat([nodes for nodes, _, _ in samples])
        labels = torch.tensor([kind for _, _, kind in samples])
        return {"labels": labels, "nodes": nodes, "edges": torch.cat(edges, 1), "owner": torch.cat(owner)}

    def model(self):
        return GIN(self.config)

    def optimizers(self, model):
        return torch.optim.Adam(model.parameters(), lr=self.config.lr)

    def logits(self, batch):
        return self.model(batch["nodes"], batch["edges"], batch["owner"], len(batch["labels"]))

    def loss(self, batch):
        return cross_entropy(self.logits(batch), batch["labels"])

    def metrics(self, batch):
        return {"accuracy": (self.logits(batch).argmax(1) == batch["labels"]).float()}
