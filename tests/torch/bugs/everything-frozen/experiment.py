"""Freezes the backbone after the new head is in place, and so the head with it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import CLASSES, Classifier
from torch import nn


class FrozenHead(Classifier):
    def build(self):
        model = super().build()
        model.head = nn.Linear(model.head.in_features, CLASSES)
        for parameter in model.parameters():
            parameter.requires_grad = False
        return model

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.head.parameters(), lr=self.config.learning_rate)
