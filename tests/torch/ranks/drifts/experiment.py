"""Only rank 0 steps the schedule: the ranks apply one gradient at different rates."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))

import torch.distributed as dist
from ranks_base import Program
from torch.nn.functional import cross_entropy


class Drifts(Program):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        if dist.get_rank() == 0:
            self.schedule.step()  # "the others only help with the gradient"
        return {"loss": loss}
