"""Which sound is it? Log spectrograms, SpecAugment, a small CNN."""

import math

import gonogo
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

RATE, SAMPLES, CLASSES = 4000, 2048, 4
SHARES = torch.tensor([0.4, 0.3, 0.2, 0.1])


def sound(label, g):
    t = torch.arange(SAMPLES) / RATE
    low = 200 + 500 * torch.rand((), generator=g)
    phase = {
        0: low * t,  # a tone
        1: low * t + 700 * t**2,  # rising
        2: (low + 800) * t - 700 * t**2,  # falling
        3: low * t + 8 * torch.sin(2 * math.pi * 9 * t),  # a siren
    }[label]
    wave = torch.sin(2 * math.pi * phase) + 0.3 * torch.randn(SAMPLES, generator=g)
    wave[: int(torch.randint(0, 500, (), generator=g))] = 0.0  # the recorder was not on yet
    return wave


class Sounds(Dataset):
    """Spectrograms are computed once, at the start."""

    def __init__(self, count, seed, augment=False):
        g = torch.Generator().manual_seed(seed)
        self.labels = torch.multinomial(SHARES, count, replacement=True, generator=g)
        self.specs = torch.stack([self.spectrogram(sound(int(label), g)) for label in self.labels])
        self.augment = augment

    def spectrogram(self, wave):
        spec = torch.stft(wave, n_fft=64, hop_length=32, window=torch.hann_window(64), return_complex=True).abs()
        return (torch.log(spec + 1e-3) + 1.0) / 3.0

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        spec = self.specs[index]
        if self.augment:
            spec = self.spec_augment(spec.clone())
        return spec[None], self.labels[index]

    def spec_augment(self, spec):
        band = int(torch.randint(0, spec.shape[0] - 5, ()))
        start = int(torch.randint(0, spec.shape[1] - 8, ()))
        spec[band : band + 5] = 0.0
        spec[:, start : start + 8] = 0.0
        return spec


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.bn2 = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16 * 16, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.adaptive_avg_pool2d(x, (4, 4)).flatten(1)
        return self.fc(x)


train_loader = DataLoader(Sounds(600, 1, augment=True), batch_size=32, shuffle=True)
val_loader = DataLoader(Sounds(170, 2), batch_size=50)
net = Net()
weight = 0.25 / SHARES
criterion = nn.CrossEntropyLoss(weight=weight)
optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)


def train_step(batch):
    specs, labels = batch
    net.train()
    optimizer.zero_grad()
    loss = criterion(net(specs), labels)
    loss.backward()
    optimizer.step()
    return loss


def evaluate(loader):
    net.eval()
    loss = weights = correct = seen = 0
    with torch.no_grad():
        for specs, labels in loader:
            logits = net(specs)
            loss += criterion(logits, labels).item() * weight[labels].sum().item()
            weights += weight[labels].sum().item()
            correct += (logits.argmax(1) == labels).sum().item()
            seen += len(labels)
    return {"val_loss": loss / weights, "val_accuracy": correct / seen}


experiment = gonogo.adapt(
    net, optimizer, train_loader, val_loader, task=gonogo.classification(classes=CLASSES), train_step=train_step, evaluate=evaluate
)
