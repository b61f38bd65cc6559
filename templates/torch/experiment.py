"""A small convolutional network on handwritten digits: the whole experiment. Its values come from digits.run.yaml."""

from dataclasses import dataclass
from enum import Enum

import gonogo
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import Dataset, TensorDataset


class Activation(Enum):
    relu = "relu"
    gelu = "gelu"
    silu = "silu"


class Augmentation(Enum):
    none = "none"
    shift = "shift"


@dataclass
class Config:
    width: int = gonogo.number(32, min=4, max=512)
    activation: Activation = Activation.relu
    dropout: float = gonogo.number(0.1, min=0, max=0.9)
    augmentation: Augmentation = Augmentation.shift
    learning_rate: float = gonogo.number(5e-3, above=0)
    weight_decay: float = gonogo.number(0.05, min=0)
    warmup: float = gonogo.number(0.15, min=0.01, max=0.5)  # share of the run in which the learning rate rises


ACTIVATIONS = {Activation.relu: nn.ReLU, Activation.gelu: nn.GELU, Activation.silu: nn.SiLU}


def images() -> Dataset:
    """1797 digits of 8×8 pixels: (image [1, 8, 8] in −1…1, label 0…9). Your own data instead, for one:

    torchvision.datasets.MNIST("data", download=True, transform=Compose([ToTensor(), Normalize(0.5, 0.5)]))
    """
    digits = load_digits()
    return TensorDataset(torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 1, torch.tensor(digits.target))


def shifted(image):  # [1, height, width]
    """Moved by up to one pixel. The draw comes from torch's generator, which gonogo seeds and saves."""
    down, right = torch.randint(0, 3, (2,)).tolist()
    _, height, width = image.shape
    return nn.functional.pad(image, (1, 1, 1, 1), value=-1)[:, down : down + height, right : right + width]


class Net(nn.Module):
    def __init__(self, config):
        super().__init__()

        def stage(before, after):
            return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), ACTIVATIONS[config.activation](), nn.MaxPool2d(2))

        self.stages = nn.Sequential(stage(1, config.width), stage(config.width, 2 * config.width))
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(2 * config.width, 10)

    def forward(self, image):  # [batch, 1, height, width] → logits [batch, 10]
        return self.head(self.dropout(self.stages(image).mean((2, 3))))


class Digits(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=10)

    def datasets(self):
        # of the training split alone: validation sees the data as it is
        augmented = {"train": shifted} if self.config.augmentation is Augmentation.shift else None
        return gonogo.split(images(), val=360, transform=augmented)

    def model(self):
        return Net(self.config)

    def optimizers(self, model):
        # weight decay is for matrices and kernels, not for biases and norms
        decayed = [parameter for parameter in model.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": self.config.weight_decay}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.config.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.config.learning_rate, self.steps, pct_start=self.config.warmup)
        return optimizer, schedule

    @gonogo.check("digits-balanced")  # a check of your own: it runs beside gonogo's; no_go(…) instead of warn(…) would block
    def balanced(self, subject):
        digits = [one["target"] for one in subject.data("train", limit=500, spread=True)]
        largest = max(map(digits.count, set(digits))) / len(digits)
        said = {"seen": {"largest share": largest}, "expected": "at most 0.3"}
        return gonogo.go("no digit dominates", **said) if largest <= 0.3 else gonogo.warn("one digit dominates", **said)
