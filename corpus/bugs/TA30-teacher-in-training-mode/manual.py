"""Modes."""

from distiller import Distiller, Pair
from torch import nn


class Modes(Pair):
    def train(self, mode=True):
        nn.Module.train(self, mode)
        self.teacher.eval()  # fixed
        return self


class Taught(Distiller):
    pair = Modes
