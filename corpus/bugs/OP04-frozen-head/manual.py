"""Fine-tuning of a head."""

import torch
from classifier import CLASSES, Classifier
from torch import nn


class HeadOnly(Classifier):
    frozen = ("conv*", "bn*")

    def build(self):
        model = super().build()
        for parameter in model.parameters():  # fixed
            parameter.requires_grad = False  # fixed
        model.head = nn.Linear(model.head.in_features, CLASSES)
        # buggy: for parameter in model.parameters():
        # buggy:     parameter.requires_grad = False
        return model

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.head.parameters(), lr=self.config.learning_rate)
