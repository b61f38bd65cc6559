"""A healthy Lightning project, as people write them: handwritten digits, a small network. Each bug changes one piece.
Not an experiment itself."""

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchmetrics.classification import MulticlassAccuracy


class DigitsData(L.LightningDataModule):
    def __init__(self, batch_size: int = 64, val_fraction: float = 0.3):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        digits = load_digits()
        images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
        whole = TensorDataset(images[:900], torch.tensor(digits.target[:900]))
        count = int(len(whole) * self.hparams.val_fraction)
        self.train_set, self.val_set = random_split(whole, [len(whole) - count, count], generator=torch.Generator().manual_seed(0))

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=100)


class LitDigits(L.LightningModule):
    def __init__(self, width: int = 8, dropout: float = 0.2, lr: float = 0.01):
        super().__init__()
        self.save_hyperparameters()
        self.net = self.build()
        self.val_accuracy = MulticlassAccuracy(10, average="micro")

    def build(self):
        width = self.hparams.width
        return nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(self.hparams.dropout), nn.Linear(8 * width, 10),
        )

    def forward(self, x):  # [batch, 1, 8, 8] → logits [batch, 10]
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.val_accuracy(logits, y)
        self.log("val_loss", F.cross_entropy(logits, y), prog_bar=True)
        self.log("val_acc", self.val_accuracy, prog_bar=True)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
