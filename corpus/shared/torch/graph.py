"""A healthy graph network by hand: one graph, some nodes of which have labels for training and others for validation.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, dropout
from torch.utils.data import DataLoader, Dataset

NODES, CLASSES = 300, 4


@dataclass
class Config:
    hidden: int = gonogo.number(16, min=4)
    dropout: float = gonogo.number(0.3, min=0, max=0.9)
    lr: float = gonogo.number(0.01, above=0)


def community():
    """→ features [nodes, 12], normalised adjacency, labels, and which nodes are for what."""
    generator = torch.Generator().manual_seed(19)
    label = torch.randint(CLASSES, (NODES,), generator=generator)
    x = 0.5 * torch.randn(CLASSES, 12, generator=generator)[label] + torch.randn(NODES, 12, generator=generator)
    chance = torch.where(label[:, None] == label[None], 0.04, 0.005)
    edges = (torch.rand(NODES, NODES, generator=generator) < chance).float().triu(1)
    edges = edges + edges.T + torch.eye(NODES)
    degree = edges.sum(1)
    order = torch.randperm(NODES, generator=generator)
    train, val = torch.zeros(NODES, dtype=torch.bool), torch.zeros(NODES, dtype=torch.bool)
    train[order[:120]], val[order[120:220]] = True, True
    return {"x": x, "adjacency": edges / (degree[:, None] * degree[None]).sqrt(), "label": label, "train": train, "val": val}


class OneGraph(Dataset):
    def __init__(self, graph):
        self.graph = graph

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.graph


class Gcn(nn.Module):
    def __init__(self, hidden, drop):
        super().__init__()
        self.first, self.second, self.drop = nn.Linear(12, hidden), nn.Linear(hidden, CLASSES), drop

    def forward(self, x, adjacency):
        h = torch.relu(adjacency @ self.first(x))
        return adjacency @ self.second(dropout(h, self.drop, self.training))


class Nodes(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "accuracy"
    directions = {"accuracy": "max"}

    def setup(self):
        graph = OneGraph(community())
        self.train_loader = DataLoader(graph, batch_size=None)
        self.val_loader = DataLoader(graph, batch_size=None)
        self.model = Gcn(self.config.hidden, self.config.dropout)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr, weight_decay=5e-4)

    def loss_of(self, logits, graph, nodes, reduction="mean"):
        return cross_entropy(logits[nodes], graph["label"][nodes], reduction=reduction)

    def train_step(self, graph):
        self.model.train()
        loss = self.loss_of(self.model(graph["x"], graph["adjacency"]), graph, graph["train"])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = right = count = 0
        for graph in loader:
            logits, nodes = self.model(graph["x"], graph["adjacency"]), graph["val"]
            total += self.loss_of(logits, graph, nodes, "sum").item()
            right += (logits.argmax(1) == graph["label"])[nodes].sum().item()
            count += nodes.sum().item()
        return {"val_loss": total / count, "val_accuracy": right / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])
