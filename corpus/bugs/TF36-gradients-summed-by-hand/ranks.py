"""Data parallel without a wrapper: the project exchanges its gradients itself."""

import torch
import torch.distributed as dist
from ranks_base import Program
from torch.nn.functional import cross_entropy


class GradientExchange:
    def __init__(self, model, world):
        self.model, self.world = model, world
        for tensor in model.state_dict().values():
            dist.broadcast(tensor, 0)

    def __call__(self):
        for parameter in self.model.parameters():
            dist.all_reduce(parameter.grad)
            parameter.grad /= self.world  # fixed


class ByHand(Program):
    def wrapped(self, model):
        self.exchange = GradientExchange(model, dist.get_world_size())
        return model

    def setup(self):
        super().setup()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        loss = cross_entropy(self.model(batch[0]), batch[1])
        loss.backward()
        self.exchange()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
