"""Embeddings of digits by triplets; validation asks how often the positive is nearer."""

import random

import gonogo
import torch
from everyday import Loop, digits, mlp
from torch.nn.functional import normalize, triplet_margin_loss
from torch.utils.data import Dataset


class Triplets(Dataset):
    """Anchor, another of its class, one of another class. Validation always gives the same."""

    def __init__(self, images, labels, fixed):
        self.images, self.fixed = images, fixed
        self.labels = labels.tolist()
        self.by_class = {c: [i for i, one in enumerate(self.labels) if one == c] for c in range(10)}

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        draw = random.Random(index) if self.fixed else random
        own = self.labels[index]
        other = draw.choice([c for c in range(10) if c != own])
        return self.images[index], self.images[draw.choice(self.by_class[own])], self.images[draw.choice(self.by_class[other])]


class Metric(Loop):
    task = gonogo.custom()
    objective = "nearer"
    directions = {"nearer": "max"}

    def setup(self):
        train, val = digits(flat=True)
        self.loaders_of(Triplets(*train, False), Triplets(*val, True))
        self.model = mlp(64, self.config.width, 16)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def embed(self, batch):
        return [normalize(self.model(one), dim=1) for one in batch]

    def train_step(self, batch):
        self.model.train()
        anchor, positive, negative = self.embed(batch)
        loss = triplet_margin_loss(anchor, positive, negative, margin=0.3)  # fixed
        # buggy: loss = triplet_margin_loss(anchor, negative, positive, margin=0.3)
        return self.update(loss)

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = nearer = count = 0
        for batch in loader:
            anchor, positive, negative = self.embed(batch)
            to_positive, to_negative = (anchor - positive).norm(dim=1), (anchor - negative).norm(dim=1)
            loss += (to_positive - to_negative + 0.3).relu().sum().item()
            nearer += (to_positive < to_negative).sum().item()
            count += len(anchor)
        return {"val_loss": loss / count, "val_nearer": nearer / count}
