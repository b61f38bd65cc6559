"""Clipping."""

from churn import Churn
from torch import nn


class Leaves(Churn):
    def clip_and_step(self):
        # buggy: self.optimizer.step()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()  # fixed
