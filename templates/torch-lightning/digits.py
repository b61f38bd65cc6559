"""A Lightning project as it is without gonogo: handwritten digits, a small convolutional network.
`python digits.py` trains it with Lightning alone."""

from typing import Literal

import lightning
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, pad
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split
from torchmetrics.classification import MulticlassAccuracy

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


class Shifted(Dataset):
    """Samples moved by up to one pixel."""

    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        image, label = self.samples[index]
        down, right = torch.randint(0, 3, (2,)).tolist()
        _, height, width = image.shape
        return pad(image, (1, 1, 1, 1), value=-1)[:, down : down + height, right : right + width], label


class DigitsData(lightning.LightningDataModule):
    def __init__(self, batch_size: int = 64, augmentation: Literal["none", "shift"] = "shift"):
        super().__init__()
        self.save_hyperparameters()

    def setup(self, stage):
        # 1797 digits of 8×8 pixels: image [1, 8, 8] in −1…1, label 0…9. Your own images: any map-style dataset, torchvision's for one
        digits = load_digits()
        whole = TensorDataset(torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 1, torch.tensor(digits.target))
        train, self.val = random_split(whole, [len(whole) - 360, 360], generator=torch.Generator().manual_seed(0))
        # of the training split alone: validation sees the data as it is
        self.train = Shifted(train) if self.hparams.augmentation == "shift" else train

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=self.hparams.batch_size, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=180)


class LitDigits(lightning.LightningModule):
    def __init__(
        self,
        width: int = 32,
        activation: Literal["relu", "gelu", "silu"] = "relu",
        dropout: float = 0.1,
        learning_rate: float = 5e-3,
        weight_decay: float = 0.05,
        warmup: float = 0.15,
    ):
        super().__init__()
        self.save_hyperparameters()

        def stage(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), ACTIVATIONS[activation](), nn.MaxPool2d(2))

        self.stages = nn.Sequential(stage(1, width), stage(width, 2 * width))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width, 10)
        self.val_accuracy = MulticlassAccuracy(10, average="micro")

    def forward(self, image):  # [batch, 1, height, width] → logits [batch, 10]
        return self.head(self.dropout(self.stages(image).mean((2, 3))))

    def training_step(self, batch, batch_idx):
        image, label = batch
        loss = cross_entropy(self(image), label)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        image, label = batch
        logits = self(image)
        self.val_accuracy(logits, label)
        self.log("val_loss", cross_entropy(logits, label), prog_bar=True)
        self.log("val_accuracy", self.val_accuracy, prog_bar=True)

    def configure_optimizers(self):
        # weight decay is for matrices and kernels, not for biases and norms
        decayed = [parameter for parameter in self.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in self.parameters() if parameter.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": self.hparams.weight_decay}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.hparams.learning_rate)
        steps = self.trainer.estimated_stepping_batches
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.hparams.learning_rate, steps, pct_start=self.hparams.warmup)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


if __name__ == "__main__":
    lightning.Trainer(max_epochs=30).fit(LitDigits(), DigitsData())
