"""The moving average that is evaluated is in no checkpoint."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from classifier import Classifier
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Averaged(Classifier):
    def setup(self):
        super().setup()
        self.ema = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(0.95), use_buffers=True)

    def train_step(self, batch):
        result = super().train_step(batch)
        self.ema.update_parameters(self.model)
        return result
