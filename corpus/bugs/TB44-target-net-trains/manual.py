"""Whose parameters."""

import torch
from dqn import QLearner


class Grid(QLearner):
    frozen = ("target.*",)

    def setup(self):
        super().setup()
        # buggy: self.target.requires_grad_(True)
        # buggy: self.optimizer = torch.optim.Adam([*self.model.parameters(), *self.target.parameters()], lr=self.config.lr)

    def wanted(self, reward, after, done):
        # buggy: return reward + self.config.gamma * (1 - done) * self.q(self.target, after).max(1).values
        return super().wanted(reward, after, done)  # fixed
