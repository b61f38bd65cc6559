"""Meters of wall-clock time beside those of the loss; averages that decay."""
import time

import gonogo
import torch
from classifier import CLASSES, Net, patterns
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader


class AverageMeter:
    def __init__(self):
        self.val = self.avg = self.sum = self.count = 0

    def update(self, val, n=1):
        self.val, self.sum, self.count = val, self.sum + val * n, self.count + n
        self.avg = self.sum / self.count


class EMAMeter:
    def __init__(self, decay=0.9):
        self.decay, self.value = decay, None

    def update(self, value):
        self.value = value if self.value is None else self.decay * self.value + (1 - self.decay) * value


train = DataLoader(patterns(640, seed=1), batch_size=32, shuffle=True)
val = DataLoader(patterns(203, seed=2), batch_size=50)
model = Net(8, 0.1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
batch_time, losses, speed = AverageMeter(), AverageMeter(), EMAMeter()
end, images_seen = time.time(), 0


def train_step(batch):
    global end, images_seen
    image, label = batch
    model.train()
    optimizer.zero_grad()
    loss = cross_entropy(model(image), label)
    loss.backward()
    optimizer.step()
    losses.update(loss.item(), len(image))
    batch_time.update(time.time() - end)
    speed.update(len(image) / max(1e-6, time.time() - end))
    end = time.time()
    images_seen += len(image)
    return loss


@torch.no_grad()
def evaluate(loader):
    model.eval()
    right = total = loss = 0
    for image, label in loader:
        logits = model(image)
        loss += cross_entropy(logits, label, reduction="sum").item()
        right += (logits.argmax(1) == label).sum().item()
        total += len(label)
    return {"val_loss": loss / total, "val_accuracy": right / total}


experiment = gonogo.adapt(model, optimizer, train, val, task=gonogo.classification(classes=CLASSES), train_step=train_step, evaluate=evaluate)
