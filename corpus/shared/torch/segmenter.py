"""A healthy segmentation: a small U-Net on pictures of discs and bars, with a border that nobody labelled.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, interpolate
from torch.utils.data import DataLoader, Dataset

CLASSES, IGNORED = 3, 255


@dataclass
class Config:
    width: int = gonogo.number(8, min=4, max=64)
    learning_rate: float = gonogo.number(5e-3, above=0)


def scene(generator):
    """→ image [1, 32, 32], mask [32, 32]: 0 ground, 1 disc, 2 bar; one pixel around each thing is not labelled."""
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    y, x, r = (torch.rand(3, generator=generator) * torch.tensor([20.0, 20.0, 4.0]) + torch.tensor([6.0, 6.0, 3.0])).tolist()
    distance = ((rows - y) ** 2 + (columns - x) ** 2).sqrt()
    top = int(torch.randint(2, 28, (), generator=generator))
    image, mask = torch.zeros(32, 32), torch.zeros(32, 32, dtype=torch.long)
    image[top : top + 3], mask[top : top + 3] = -1.0, 2
    image[distance < r], mask[distance < r] = 1.0, 1
    mask[(distance - r).abs() < 0.5] = IGNORED
    return (image + 0.4 * torch.randn(32, 32, generator=generator))[None], mask


class Scenes(Dataset):
    """At half of the resolution that they were drawn in; flipped at random for training."""

    def __init__(self, count, seed, flips=False):
        generator = torch.Generator().manual_seed(seed)
        self.scenes, self.flips = [scene(generator) for _ in range(count)], flips

    def __len__(self):
        return len(self.scenes)

    def __getitem__(self, index):
        image, mask = self.resized(*self.scenes[index])
        if self.flips and torch.rand(()) < 0.5:
            image, mask = self.flipped(image, mask)
        return image, mask

    def resized(self, image, mask):
        image = interpolate(image[None], size=(16, 16), mode="bilinear", align_corners=False)[0]
        return image, interpolate(mask[None, None].float(), size=(16, 16), mode="nearest")[0, 0].long()

    def flipped(self, image, mask):
        return image.flip(-1), mask.flip(-1)


def double(from_, to):
    return nn.Sequential(
        nn.Conv2d(from_, to, 3, padding=1, bias=False), nn.BatchNorm2d(to), nn.ReLU(inplace=True),
        nn.Conv2d(to, to, 3, padding=1, bias=False), nn.BatchNorm2d(to), nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.down1, self.down2, self.bottom = double(1, width), double(width, 2 * width), double(2 * width, 4 * width)
        self.up2, self.join2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2), double(4 * width, 2 * width)
        self.up1, self.join1 = nn.ConvTranspose2d(2 * width, width, 2, stride=2), double(2 * width, width)
        self.pool, self.head = nn.MaxPool2d(2), nn.Conv2d(width, CLASSES, 1)

    def forward(self, x):  # [batch, 1, 16, 16] → logits [batch, classes, 16, 16]
        a = self.down1(x)
        b = self.down2(self.pool(a))
        c = self.bottom(self.pool(b))
        b = self.join2(torch.cat([self.up2(c), b], 1))
        return self.head(self.join1(torch.cat([self.up1(b), a], 1)))


class Segmenter(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=CLASSES)
    objective = "miou"
    directions = {"miou": "max"}
    scenes = Scenes

    def setup(self):
        self.train_loader = DataLoader(self.scenes(320, 1, flips=True), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(self.scenes(75, 2), batch_size=self.evaluate_batch_size)
        self.model = UNet(self.config.width)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.PolynomialLR(self.optimizer, total_iters=self.steps, power=0.9)

    def criterion(self, logits, mask, reduction="mean"):
        return cross_entropy(logits, mask, ignore_index=IGNORED, reduction=reduction)

    def train_step(self, batch):
        image, mask = batch
        self.model.train()
        loss = self.criterion(self.model(image), mask)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total, confusion = 0.0, torch.zeros(CLASSES, CLASSES, dtype=torch.long)
        for image, mask in loader:
            logits = self.model(image)
            known = mask != IGNORED
            total += self.criterion(logits, mask, "sum").item()
            confusion += torch.bincount(CLASSES * mask[known] + logits.argmax(1)[known], minlength=CLASSES**2).view(CLASSES, CLASSES)
        hits = confusion.diagonal()
        union = confusion.sum(0) + confusion.sum(1) - hits
        count = confusion.sum().item()
        return {"val_loss": total / count, "val_accuracy": hits.sum().item() / count, "val_miou": (hits / union.clamp(min=1)).mean().item()}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
