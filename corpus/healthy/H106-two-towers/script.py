"""Dense retrieval: a query tower and a document tower, in-batch negatives, recall over the whole collection."""

import gonogo
import torch
from accelerate import Accelerator
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

TERMS, TOPICS, TEMPERATURE = 200, 24, 0.05


def pairs(count, seed):
    """Queries of 4 terms and documents of 16, both from a mixture of two topics."""
    g = torch.Generator().manual_seed(99)
    topics = torch.softmax(3.0 * torch.randn(TOPICS, TERMS, generator=g), 1)
    g.manual_seed(seed)
    mixture = topics[torch.randint(TOPICS, (count, 2), generator=g)].mean(1)
    queries = torch.multinomial(mixture, 4, replacement=True, generator=g)
    documents = torch.multinomial(mixture, 16, replacement=True, generator=g)
    return TensorDataset(queries, documents)


class Tower(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed = nn.EmbeddingBag(TERMS, width)
        self.mlp = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, terms):
        return F.normalize(self.mlp(self.embed(terms)), dim=1)


class TwoTowers(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.document = Tower(), Tower()

    def forward(self, queries, documents):
        return self.query(queries), self.document(documents)


accelerator = Accelerator(cpu=True)
model = TwoTowers()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
train_loader = DataLoader(pairs(800, 1), batch_size=32, shuffle=True, drop_last=True)
val_loader = DataLoader(pairs(160, 2), batch_size=40)
model, optimizer, train_loader, val_loader = accelerator.prepare(model, optimizer, train_loader, val_loader)


def similarity(q, d):
    return q @ d.T / TEMPERATURE


def train_step(batch):
    model.train()
    scores = similarity(*model(*batch))
    target = torch.arange(len(scores))
    loss = (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2
    optimizer.zero_grad()
    accelerator.backward(loss)
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    encoded = [model(*batch) for batch in loader]
    q, d = torch.cat([one for one, _ in encoded]), torch.cat([one for _, one in encoded])
    scores = similarity(q, d)
    target = torch.arange(len(scores))
    hits = (scores.topk(5, dim=1).indices == target[:, None]).any(1).float()
    return {"val_loss": F.cross_entropy(scores, target).item(), "val_recall": hits.mean().item()}


experiment = gonogo.adapt(
    model, optimizer, train_loader, val_loader, accelerator=accelerator,
    task=gonogo.custom(), objective="recall", directions={"recall": "max"}, train_step=train_step, evaluate=evaluate,
)
