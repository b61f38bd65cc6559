"""Healthy: every rank scores all of the validation data, as the program did on one GPU; the same numbers on each."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))

from ranks_base import Program, blobs
from torch.utils.data import DataLoader


class Replicated(Program):
    def loaders(self):
        train, _ = super().loaders()
        return train, DataLoader(blobs(101, seed=2), batch_size=self.evaluate_batch_size)
