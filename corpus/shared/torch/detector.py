"""A healthy one-stage detector: anchors on a grid, focal loss with a rare prior, smooth L1 of boxes, flips.
Not a bug itself."""

import math
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss
from torch.utils.data import DataLoader, Dataset

SIZE, STRIDE, CLASSES = 24, 4, 2
CELLS = SIZE // STRIDE


@dataclass
class Config:
    width: int = gonogo.number(16, min=4)
    lr: float = gonogo.number(3e-3, above=0)
    prior: float = gonogo.number(0.01, above=0, max=0.5)


class Things(Dataset):
    """Bright and dark boxes on noise: one or two a picture, as x1, y1, x2, y2."""

    def __init__(self, count, seed, flips=False):
        generator = torch.Generator().manual_seed(seed)
        self.flips, self.samples = flips, []
        for _ in range(count):
            image, boxes, kinds = 0.3 * torch.randn(1, SIZE, SIZE, generator=generator), [], []
            for _ in range(int(torch.randint(1, 3, (), generator=generator))):
                w, h = torch.randint(5, 10, (2,), generator=generator).tolist()
                x = int(torch.randint(0, SIZE - w, (), generator=generator))
                y = int(torch.randint(0, SIZE - h, (), generator=generator))
                kind = int(torch.randint(CLASSES, (), generator=generator))
                image[0, y : y + h, x : x + w] += 2.0 if kind else -2.0
                boxes.append([x, y, x + w, y + h])
                kinds.append(kind)
            self.samples.append((image, torch.tensor(boxes, dtype=torch.float32), torch.tensor(kinds)))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        image, boxes, kinds = self.samples[index]
        if self.flips and torch.rand(()) < 0.5:
            image, boxes = self.flipped(image, boxes)
        return image, boxes, kinds

    def flipped(self, image, boxes):
        x1, y1, x2, y2 = boxes.unbind(1)
        return image.flip(-1), torch.stack([SIZE - x2, y1, SIZE - x1, y2], 1)


def collate(samples):
    images, boxes, kinds = zip(*samples)
    return torch.stack(images), list(boxes), list(kinds)


def centres():
    """Of the cells, as x, y: [cells, 2]."""
    place = (torch.arange(CELLS) + 0.5) * STRIDE
    y, x = torch.meshgrid(place, place, indexing="ij")
    return torch.stack([x, y], -1).view(-1, 2)


class Detector(nn.Module):
    def __init__(self, width, prior):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, 2, 1), nn.GroupNorm(4, width), nn.ReLU(), nn.Conv2d(width, 2 * width, 3, 2, 1), nn.GroupNorm(4, 2 * width), nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, 1, 1), nn.ReLU(),
        )
        self.kinds, self.boxes = nn.Conv2d(2 * width, CLASSES, 3, 1, 1), nn.Conv2d(2 * width, 4, 3, 1, 1)
        nn.init.constant_(self.kinds.bias, -math.log((1 - prior) / prior))

    def forward(self, image):  # → logits [batch, cells, classes], boxes [batch, cells, 4]
        features = self.body(image)
        return self.kinds(features).flatten(2).transpose(1, 2), self.boxes(features).flatten(2).transpose(1, 2)


class Detection(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "recall"
    directions = {"recall": "max"}
    things = Things

    def setup(self):
        self.train_loader = DataLoader(self.things(400, 1, flips=True), batch_size=self.batch_size, shuffle=True, collate_fn=collate)
        self.val_loader = DataLoader(self.things(90, 2), batch_size=self.evaluate_batch_size, collate_fn=collate)
        self.model = Detector(self.config.width, self.config.prior)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr, weight_decay=1e-4)

    def assigned(self, boxes, kinds):
        """Of one picture: which cells hold a thing's middle, its kind and its box relative to the cell."""
        target, offsets, here = torch.zeros(CELLS**2, CLASSES), torch.zeros(CELLS**2, 4), torch.zeros(CELLS**2, dtype=torch.bool)
        grid = centres()
        for box, kind in zip(boxes, kinds):
            middle = (box[:2] + box[2:]) / 2
            cell = (grid - middle).abs().sum(1).argmin()
            here[cell], target[cell, kind] = True, 1.0
            offsets[cell] = torch.cat([(middle - grid[cell]) / STRIDE, torch.log((box[2:] - box[:2]) / (2 * STRIDE))])
        return target, offsets, here

    def focal(self, logits, target, alpha=0.25, gamma=2.0):
        p = logits.sigmoid()
        hit = p * target + (1 - p) * (1 - target)
        weight = alpha * target + (1 - alpha) * (1 - target)
        return (weight * (1 - hit) ** gamma * binary_cross_entropy_with_logits(logits, target, reduction="none")).sum()

    def losses(self, batch):
        """Sums over the batch, and the number of things that they are divided by."""
        images, boxes, kinds = batch
        logits, found = self.model(images)
        target, offsets, here = (torch.stack(part) for part in zip(*(self.assigned(*one) for one in zip(boxes, kinds))))
        return self.focal(logits, target), smooth_l1_loss(found[here], offsets[here], reduction="sum"), here.sum(), logits, found

    def train_step(self, batch):
        self.model.train()
        kinds, boxes, count, _, _ = self.losses(batch)
        loss = kinds / count + boxes / count
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        self.optimizer.step()
        return {"loss": loss, "kinds": kinds / count, "boxes": boxes / count}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = hit = things = 0
        grid = centres()
        for batch in loader:
            kinds, boxes, positives, logits, found = self.losses(batch)
            total, count = total + (kinds + boxes).item(), count + positives.item()
            for scores, offsets, truth, label in zip(logits, found, batch[1], batch[2]):
                best, kind = scores.sigmoid().max(1)
                top = best.topk(3).indices
                middle, side = grid[top] + offsets[top, :2] * STRIDE, offsets[top, 2:].exp() * 2 * STRIDE
                guess = torch.cat([middle - side / 2, middle + side / 2], 1)
                same = kind[top][:, None] == label[None]
                hit += ((iou(guess, truth) > 0.5) & same).any(0).sum().item()
                things += len(truth)
        return {"val_loss": total / count, "val_recall": hit / things}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress.load_state_dict(state["progress"])


def iou(a, b):
    low, high = torch.max(a[:, None, :2], b[None, :, :2]), torch.min(a[:, None, 2:], b[None, :, 2:])
    both = (high - low).clamp(min=0).prod(2)
    area = lambda boxes: (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
    return both / (area(a)[:, None] + area(b)[None] - both).clamp(min=1e-6)
