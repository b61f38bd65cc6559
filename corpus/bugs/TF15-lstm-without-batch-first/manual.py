"""Which curve is it? A recurrent classifier of sensor readings."""

import gonogo
import torch
from everyday import Loop
from torch import nn
from torch.nn.functional import cross_entropy


def readings(count, seed, time=20):
    g = torch.Generator().manual_seed(seed)
    label = torch.randint(3, (count,), generator=g)
    t = torch.linspace(0, 1, time)
    pace = torch.tensor([1.0, 2.0, 3.5])[label][:, None] * (1 + 0.1 * torch.randn(count, 1, generator=g))
    wave = torch.sin(6.28 * (pace * t + torch.rand(count, 1, generator=g)))
    return torch.stack([wave, wave.roll(1, 1)], 2) + 0.1 * torch.randn(count, time, 2, generator=g), label


class Recurrent(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lstm = nn.LSTM(2, width, batch_first=True)  # fixed
        # buggy: self.lstm = nn.LSTM(2, width)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.head(out[:, -1])


class Sensors(Loop):
    task = gonogo.classification(classes=3)

    def setup(self):
        self.loaders_of(readings(640, 1), readings(150, 2))
        self.model = Recurrent(self.config.width)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=2 * self.config.lr)

    def train_step(self, batch):
        self.model.train()
        loss = cross_entropy(self.model(batch[0]), batch[1])
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for x, y in loader:
            logits = self.model(x)
            loss += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            count += len(y)
        return {"val_loss": loss / count, "val_accuracy": right / count}
