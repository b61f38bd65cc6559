"""Trains a small residual network on gratings. Grown out of the usual reference script for image classification."""

import math

import gonogo
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset

CLASSES, BATCH_SIZE = 6, 32


class AverageMeter:
    """Computes and stores the average."""

    def __init__(self):
        self.sum, self.count = 0.0, 0

    def update(self, val, n=1):
        self.sum += val * n
        self.count += n

    @property
    def avg(self):
        return self.sum / self.count


def random_shift(img):
    dy, dx = torch.randint(-2, 3, (2,)).tolist()
    return torch.roll(img, (dy, dx), (1, 2))


def normalize(img):
    return (img - 0.5) / 0.2


class Gratings(Dataset):
    """Six orientations under random phase, contrast and noise; listed class by class, as a folder of images is."""

    def __init__(self, count=1050, transforms=()):
        g = torch.Generator().manual_seed(2024)
        self.targets = torch.arange(count) * CLASSES // count
        theta = (self.targets * math.pi / CLASSES)[:, None, None]
        y, x = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
        phase, contrast = 2 * math.pi * torch.rand(count, 1, 1, generator=g), 0.1 + 0.1 * torch.rand(count, 1, 1, generator=g)
        wave = contrast * torch.cos(6 * (x * theta.cos() + y * theta.sin()) + phase)
        self.images = (0.5 + wave + 0.1 * torch.randn(count, 16, 16, generator=g)).clamp(0, 1)[:, None]
        self.transforms = transforms

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        img = self.images[index]
        for transform in self.transforms:
            img = transform(img)
        return img, int(self.targets[index])


class BasicBlock(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inplanes != planes:
            self.downsample = nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + identity)


class ResNet(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.layers = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 16, 2), BasicBlock(16, 32, 2))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(32, num_classes)

    def forward(self, x):
        return self.fc(self.avgpool(self.layers(self.stem(x))).flatten(1))


train_set, val_set = Gratings(transforms=(random_shift, normalize)), Gratings(transforms=(normalize,))
held_out = list(range(0, len(train_set), 5))
kept = [i for i in range(len(train_set)) if i % 5]
train_loader = DataLoader(Subset(train_set, kept), batch_size=BATCH_SIZE, shuffle=True)
val_loader = DataLoader(Subset(val_set, held_out), batch_size=50)

model = ResNet()
model.fc = nn.Linear(model.fc.in_features, CLASSES)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)


def accuracy(output, target):
    return (output.argmax(1) == target).float().mean().item()


def train(loader):
    losses, top1 = AverageMeter(), AverageMeter()
    model.train()
    for images, target in loader:
        output = model(images)
        loss = criterion(output, target)
        losses.update(loss.item(), images.size(0))
        top1.update(accuracy(output, target), images.size(0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def validate(loader):
    losses, top1 = AverageMeter(), AverageMeter()
    model.eval()
    with torch.no_grad():
        for images, target in loader:
            output = model(images)
            loss, n = criterion(output, target).item(), images.size(0)
            losses.update(loss, n)
            top1.update(accuracy(output, target), n)
    return {"val_loss": losses.avg, "val_accuracy": top1.avg}


def save_checkpoint(path):
    torch.save({"state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, path)


def load_checkpoint(path):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])


experiment = gonogo.adapt(
    model,
    optimizer,
    train_loader,
    val_loader,
    task=gonogo.classification(classes=CLASSES),
    schedule=scheduler, schedule_every="epoch",
    train_epoch=train,
    evaluate=validate,
    save=save_checkpoint,
    load=load_checkpoint,
)
