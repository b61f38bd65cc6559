"""A table that many samples read from: its gradient is a sum of thousands, which several threads add up atomically, in any order.
Healthy: only the last places differ, and PyTorch has a kernel that repeats."""

import gonogo
import torch
from torch import nn


class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Parameter(torch.randn(4, 64))
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        many = self.rows[((x[:, :1].abs() * 1000).long() % 4).expand(-1, 512)]
        return self.head(many.mean(1) + x[:, 1:2] * torch.tanh(many).std(1))


class Experiment(gonogo.Experiment):
    task = gonogo.classification(classes=3)

    def setup(self):
        generator = torch.Generator().manual_seed(3)
        label = torch.randint(3, (192,), generator=generator)
        image = torch.randn(192, 6, generator=generator) + 2 * nn.functional.one_hot(label, 6)
        self.model = Table().to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        train, val = (torch.utils.data.TensorDataset(image[part], label[part]) for part in (slice(0, 128), slice(128, None)))
        self.train_loader = torch.utils.data.DataLoader(train, batch_size=self.batch_size, shuffle=True)
        self.val_loader = torch.utils.data.DataLoader(val, batch_size=self.evaluate_batch_size)

    def train_step(self, batch):
        self.model.train()
        image, label = (part.to(self.device) for part in batch)
        loss = nn.functional.cross_entropy(self.model(image), label)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss
