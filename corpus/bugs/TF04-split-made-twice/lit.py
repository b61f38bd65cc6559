"""A data module that splits."""

import gonogo
import gonogo.lightning
import lightning as L
import torch
from everyday import sentences
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split


class Topics(L.LightningDataModule):
    def __init__(self, batch_size: int = 32, held_out: float = 0.2):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        self.whole = TensorDataset(*sentences(900, 3))
        self.parts = random_split(self.whole, self.lengths())  # fixed

    def lengths(self):
        count = int(len(self.whole) * self.hparams.held_out)
        return [len(self.whole) - count, count]

    def train_dataloader(self):
        train = self.parts[0]  # fixed
        # buggy: train, _ = random_split(self.whole, self.lengths())
        return DataLoader(train, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        val = self.parts[1]  # fixed
        # buggy: _, val = random_split(self.whole, self.lengths())
        return DataLoader(val, batch_size=60)


class LitTopics(L.LightningModule):
    def __init__(self, width: int = 32, lr: float = 0.005):
        super().__init__()
        self.save_hyperparameters()
        self.words, self.head = nn.EmbeddingBag(41, width), nn.Sequential(nn.ReLU(), nn.Linear(width, 4))

    def forward(self, ids):
        return self.head(self.words(ids))

    def training_step(self, batch, batch_idx):
        return F.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        ids, label = batch
        logits = self(ids)
        self.log("val_loss", F.cross_entropy(logits, label))
        self.log("val_acc", (logits.argmax(1) == label).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


experiment = gonogo.lightning.adapt(LitTopics, Topics, task=gonogo.classification(classes=4))
