"""Checkpoints."""

import torch
from actor import Actor


class Balance(Actor):
    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}
        state.update(seen=self.seen.state_dict(), rewards=self.rewards.state_dict())  # fixed
        torch.save(state, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen.load_state_dict(state["seen"])  # fixed
        self.rewards.load_state_dict(state["rewards"])  # fixed
        self.progress.load_state_dict(state["progress"])
