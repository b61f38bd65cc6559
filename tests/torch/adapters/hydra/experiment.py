"""A project that Hydra configures: self.config is what Hydra composed."""

import sys
from pathlib import Path

import gonogo
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))
from project import CLASSES, Net, loaders


class Mine(gonogo.Experiment):
    task = gonogo.classification(classes=CLASSES)
    config_source = gonogo.hydra("conf", "config")

    def setup(self):
        self.model = Net(self.config.width)
        self.train_loader, self.val_loader = loaders(self.config.batch_size)
        kind = getattr(torch.optim, self.config.optimizer.name)
        self.optimizer = kind(self.model.parameters(), lr=self.config.optimizer.lr)
