"""A consistency term whose both sides are detached: it is reported, and it trains nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from managed import Managed
from torch.nn.functional import cross_entropy


class Consistent(Managed):
    def loss(self, batch):
        image, label = batch
        logits = self.model(image)
        with torch.no_grad():
            other = self.model(image.flip(-1))
        return {"fit": cross_entropy(logits, label), "consistency": (logits.detach() - other).square().mean()}
