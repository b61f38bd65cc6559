"""Batch norm that keeps no statistics, in training and evaluation alike."""
from classifier import Classifier
from torch import nn


class Untracked(Classifier):
    def build(self):
        net = super().build()
        net.bn1 = nn.BatchNorm2d(8, track_running_stats=False)
        net.bn2 = nn.BatchNorm2d(16, track_running_stats=False)
        return net
