"""Checkpoints."""

import torch
from dqn import QLearner


class Grid(QLearner):
    def save(self, path):
        state = {"model": self.model.state_dict(), "target": self.target.state_dict(), "optimizer": self.optimizer.state_dict()}
        state["replay"] = self.replay.state_dict()  # fixed
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.target.load_state_dict(state["target"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.replay.load_state_dict(state["replay"])  # fixed
        self.progress.load_state_dict(state["progress"])
