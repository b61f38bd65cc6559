"""Whose parameters."""

import torch
from distiller import Distiller


class Taught(Distiller):
    def make_optimizer(self):
        # buggy: self.model.teacher.requires_grad_(True)
        # buggy: return torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)
        return torch.optim.AdamW(self.model.student.parameters(), lr=self.config.lr)  # fixed

    def taught(self, x):
        # buggy: return self.model.teacher(x)
        return super().taught(x)  # fixed
