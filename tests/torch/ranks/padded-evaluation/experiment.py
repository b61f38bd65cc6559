"""The validation loader has a DistributedSampler, which pads 101 samples to 102: one of them is scored twice."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from program import Program, blobs
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler


class PaddedEvaluation(Program):
    def loaders(self):
        train, _ = super().loaders()
        val = blobs(101, seed=2)
        return train, DataLoader(val, batch_size=self.evaluate_batch_size, sampler=DistributedSampler(val, shuffle=False))
