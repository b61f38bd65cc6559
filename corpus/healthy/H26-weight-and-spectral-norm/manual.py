"""Norms on weights."""

from classifier import CLASSES, Classifier
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm


class Normed(Classifier):
    def build(self):
        return nn.Sequential(nn.Flatten(), spectral_norm(nn.Linear(64, 32)), nn.ReLU(), weight_norm(nn.Linear(32, 32)), nn.ReLU(), nn.Linear(32, CLASSES))
