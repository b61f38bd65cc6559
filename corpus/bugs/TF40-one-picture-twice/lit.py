"""Are these two of one digit? A Siamese network."""

import gonogo
import gonogo.lightning
import lightning as L
import torch
from everyday import digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def pairs(images, labels, seed):
    """Half of them of one digit."""
    g = torch.Generator().manual_seed(seed)
    first, second = [], []
    for index in range(len(labels)):
        alike = bool(torch.rand((), generator=g) < 0.5)
        among = ((labels == labels[index]) == alike).nonzero().squeeze(1)
        first.append(index), second.append(int(among[torch.randint(len(among), (), generator=g)]))
    return TensorDataset(images[first], images[second], (labels[first] == labels[second]).float())


class Pairs(L.LightningDataModule):
    def __init__(self, batch_size: int = 32):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        train, val = digits(flat=True)
        self.train_set, self.val_set = pairs(*train, 1), pairs(*val, 2)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_set, batch_size=46)


class Siamese(L.LightningModule):
    def __init__(self, width: int = 64, lr: float = 0.003):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 16))
        self.head = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, a, b):
        ea = self.encoder(a)
        eb = self.encoder(b)  # fixed
        # buggy: eb = self.encoder(a)
        return self.head(torch.cat([(ea - eb).abs(), ea * eb], 1)).squeeze(1)

    def training_step(self, batch, batch_idx):
        return F.binary_cross_entropy_with_logits(self(*batch[:2]), batch[2])

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", F.binary_cross_entropy_with_logits(self(*batch[:2]), batch[2]), batch_size=len(batch[2]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


experiment = gonogo.lightning.adapt(Siamese, Pairs, task=gonogo.custom())
