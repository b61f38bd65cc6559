"""Weights drawn from a normal of deviation 1, whatever the fan-in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from managed import Managed


class Large(Managed):
    def model(self):
        model = super().model()
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=3.0)
        return model
