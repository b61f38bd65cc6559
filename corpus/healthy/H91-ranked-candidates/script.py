"""Who likes what. A batch of the evaluation is one person's candidates, the one that was held out in front."""

import gonogo
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset

PEOPLE, ITEMS, CANDIDATES = 60, 200, 40

generator = torch.Generator().manual_seed(1)
taste = torch.randn(PEOPLE, 3, generator=generator) @ torch.randn(3, ITEMS, generator=generator)
liked = (taste + torch.randn(PEOPLE, ITEMS, generator=generator)).topk(15).indices
likes = torch.zeros(PEOPLE, ITEMS, dtype=torch.bool).scatter_(1, liked, True)


class Likes(Dataset):
    """What is known to be liked, and as many again that are not."""

    def __init__(self):
        self.pairs = [(person, int(item)) for person in range(PEOPLE) for item in liked[person, 1:]]
        self.draw()

    def draw(self):
        others = [(person, int(torch.randint(ITEMS, ()))) for person, _ in self.pairs]
        self.drawn = [(person, item) for person, item in others if not likes[person, item]]

    def __len__(self):
        return 2 * len(self.pairs)

    def __getitem__(self, index):
        known = len(self.pairs)
        person, item = self.pairs[index] if index < known else self.drawn[(index - known) % len(self.drawn)]
        return person, item, float(index < known)


class Candidates(Dataset):
    def __init__(self):
        self.rows = []
        for person in range(PEOPLE):
            unknown = torch.nonzero(~likes[person]).flatten()
            chosen = unknown[torch.randperm(len(unknown), generator=generator)[: CANDIDATES - 1]]
            self.rows += [(person, int(item)) for item in [liked[person, 0], *chosen]]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.person, self.item, self.head = nn.Embedding(PEOPLE, 8), nn.Embedding(ITEMS, 8), nn.Linear(8, 1)
        for one in (self.person, self.item):
            nn.init.normal_(one.weight, std=0.1)

    def forward(self, person, item):
        return self.head(self.person(person) * self.item(item)).squeeze(1)


model = Factors()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train_set = Likes()


def train_epoch(loader):
    model.train()
    train_set.draw()
    for person, item, label in loader:
        optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(model(person, item), label.float())
        loss.backward()
        optimizer.step()


@torch.no_grad()
def evaluate(loader):
    """How often the item that was held out is among the first ten of its forty."""
    model.eval()
    hits = []
    for person, item in loader:
        best = model(person, item).topk(10).indices
        hits.append(float(0 in best.tolist()))
    return {"val_hits": sum(hits) / len(hits)}


experiment = gonogo.adapt(
    model,
    optimizer,
    DataLoader(train_set, batch_size=64, shuffle=True),
    DataLoader(Candidates(), batch_size=CANDIDATES),
    train_epoch=train_epoch,
    evaluate=evaluate,
    task=gonogo.custom(),
    objective="hits",
    directions={"hits": "max"},
)
