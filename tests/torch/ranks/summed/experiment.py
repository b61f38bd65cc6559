"""Gradients are summed over the ranks by hand, and never divided."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))

import torch.distributed as dist
from ranks_base import Program
from torch.nn.functional import cross_entropy


class Summed(Program):
    def wrapped(self, model):
        return model

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        for parameter in self.model.parameters():
            dist.all_reduce(parameter.grad, op=dist.ReduceOp.SUM)
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
