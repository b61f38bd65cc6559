"""A create_optimizer of its own that holds the classifier alone; nothing else is declared frozen."""

import sys
from pathlib import Path

import gonogo
import gonogo.transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import torch
from hugging import CLASSES, make
from transformers import Trainer


class HeadTrainer(Trainer):
    def create_optimizer(self, model=None):
        self.optimizer = torch.optim.AdamW(self.model.classifier.parameters(), lr=self.args.learning_rate)
        return self.optimizer


experiment = gonogo.transformers.adapt(make(HeadTrainer), task=gonogo.classification(classes=CLASSES))
