"""Prototypical networks: 5-way 3-shot episodes over glyphs, evaluated on glyphs that were never trained on."""

import gonogo
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

WAYS, SHOTS, QUERIES = 5, 3, 5


class Glyphs(Dataset):
    """Each class is a few strokes on an 8 × 8 grid; its samples are moved a pixel and noisy."""

    def __init__(self, classes, per_class, seed):
        g = torch.Generator().manual_seed(seed)
        pattern = (torch.rand(classes, 1, 8, 8, generator=g) < 0.3).float()
        self.labels = torch.arange(classes).repeat_interleave(per_class)
        images = []
        for label in self.labels:
            dy, dx = torch.randint(-1, 2, (2,), generator=g).tolist()
            images.append(torch.roll(pattern[label], (dy, dx), (1, 2)) + 0.3 * torch.randn(1, 8, 8, generator=g))
        self.images = torch.stack(images)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.images[index], self.labels[index]


class EpisodeSampler:
    """Indices of WAYS classes with SHOTS + QUERIES samples each, class by class."""

    def __init__(self, labels, episodes, seed=None):
        self.by_class = [torch.where(labels == label)[0] for label in labels.unique()]
        self.episodes, self.seed = episodes, seed

    def __len__(self):
        return self.episodes

    def __iter__(self):
        generator = None if self.seed is None else torch.Generator().manual_seed(self.seed)
        for _ in range(self.episodes):
            classes = torch.randperm(len(self.by_class), generator=generator)[:WAYS]
            picked = []
            for label in classes.tolist():
                indices = self.by_class[label]
                picked.append(indices[torch.randperm(len(indices), generator=generator)[: SHOTS + QUERIES]])
            yield torch.cat(picked).tolist()


train_set, test_set = Glyphs(40, 20, seed=1), Glyphs(15, 20, seed=2)
train_loader = DataLoader(train_set, batch_sampler=EpisodeSampler(train_set.labels, 60))
val_loader = DataLoader(test_set, batch_sampler=EpisodeSampler(test_set.labels, 20, seed=11))


def conv(in_channels, out_channels):
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.GroupNorm(4, out_channels), nn.ReLU(), nn.MaxPool2d(2))


encoder = nn.Sequential(conv(1, 16), conv(16, 32), nn.Flatten(), nn.Linear(32 * 4, 32))
optimizer = torch.optim.Adam(encoder.parameters(), lr=2e-3)


def episode(images):
    """→ logits [WAYS · QUERIES, WAYS] and targets."""
    z = encoder(images).view(WAYS, SHOTS + QUERIES, -1)
    prototypes, queries = z[:, :SHOTS].mean(1), z[:, SHOTS:].flatten(0, 1)
    distance = torch.cdist(queries, prototypes).pow(2)
    return -distance, torch.arange(WAYS).repeat_interleave(QUERIES)


def train_step(batch):
    encoder.train()
    logits, target = episode(batch[0])
    loss = F.cross_entropy(logits, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.no_grad()
def evaluate(loader):
    encoder.eval()
    loss = right = count = 0
    for images, _ in loader:
        logits, target = episode(images)
        loss += F.cross_entropy(logits, target, reduction="sum").item()
        right += (logits.argmax(1) == target).sum().item()
        count += len(target)
    return {"val_loss": loss / count, "val_accuracy": right / count}


experiment = gonogo.adapt(
    encoder, optimizer, train_loader, val_loader,
    task=gonogo.custom(), objective="accuracy", directions={"accuracy": "max"}, train_step=train_step, evaluate=evaluate,
)
