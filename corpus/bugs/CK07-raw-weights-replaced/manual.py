"""A moving average beside the model, both in the checkpoint."""

import torch
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

    def save(self, path):
        model = self.model  # fixed
        # buggy: model = self.ema.module
        torch.save(
            {
                "model": model.state_dict(),
                "ema": self.ema.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        super().load(path)
        self.ema.load_state_dict(torch.load(path, weights_only=True)["ema"])
