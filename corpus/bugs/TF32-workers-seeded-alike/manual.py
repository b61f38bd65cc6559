"""Augmentation by NumPy in two loader workers."""

import gonogo
import numpy as np
import torch
from everyday import Loop, digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset, TensorDataset

SEED = 42


def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)  # fixed
    # buggy: np.random.seed(SEED)


class Augmented(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index].roll(int(np.random.randint(-1, 2)), -1)
        return image * float(np.random.uniform(0.8, 1.2)) + 0.1 * torch.from_numpy(np.random.randn(1, 8, 8)).float(), self.labels[index]


class Recognise(Loop):
    task = gonogo.classification(classes=10)

    def setup(self):
        train, val = digits()
        self.train_loader = DataLoader(Augmented(*train), batch_size=self.batch_size, shuffle=True, num_workers=2, worker_init_fn=seed_worker)
        self.val_loader = DataLoader(TensorDataset(*val), batch_size=self.evaluate_batch_size)
        width = self.config.width
        self.model = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * width, 10))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

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
