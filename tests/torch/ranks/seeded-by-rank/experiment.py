"""Weights drawn from a seed of each rank, gradients averaged by hand: nobody broadcasts the first weights."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "corpus/shared/torch"))

import torch
import torch.distributed as dist
from ranks_base import Program
from torch.nn.functional import cross_entropy


class SeededByRank(Program):
    def wrapped(self, model):
        torch.manual_seed(self.seed + dist.get_rank())
        for layer in model:
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        return model

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        for parameter in self.model.parameters():
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
