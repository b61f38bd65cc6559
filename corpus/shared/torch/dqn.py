"""A healthy deep Q-learner on a grid, with a replay buffer and a target network.
Not a bug itself."""

import copy
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import one_hot, smooth_l1_loss
from torch.utils.data import DataLoader, TensorDataset

SIDE, GOAL = 5, 24


@dataclass
class Config:
    lr: float = gonogo.number(2e-3, above=0)
    gamma: float = gonogo.number(0.9, min=0, max=1)
    refresh: int = gonogo.number(10, min=1)


def move(cell, action):
    """→ next cell, reward, done."""
    row, column = cell // SIDE, cell % SIDE
    row = (row + (action == 0).long() - (action == 1).long()).clamp(0, SIDE - 1)
    column = (column + (action == 2).long() - (action == 3).long()).clamp(0, SIDE - 1)
    after = row * SIDE + column
    done = after == GOAL
    return after, done.float() - 0.05, done


class Replay:
    def __init__(self, capacity=2000):
        self.cell, self.action, self.after = (torch.zeros(capacity, dtype=torch.long) for _ in range(3))
        self.reward, self.done = torch.zeros(capacity), torch.zeros(capacity)
        self.at = self.size = 0

    def push(self, cell, action, reward, after, done):
        where = (self.at + torch.arange(len(cell))) % len(self.cell)
        self.cell[where], self.action[where], self.reward[where], self.after[where], self.done[where] = cell, action, reward, after, done.float()
        self.at = (self.at + len(cell)) % len(self.cell)
        self.size = min(self.size + len(cell), len(self.cell))

    def sample(self, count):
        i = torch.randint(self.size, (count,))
        return self.cell[i], self.action[i], self.reward[i], self.after[i], self.done[i]

    def state_dict(self):
        names = ("cell", "action", "after", "reward", "done")
        return {**{name: getattr(self, name) for name in names}, "at": self.at, "size": self.size}

    def load_state_dict(self, state):
        for name, value in state.items():
            setattr(self, name, value)


class QLearner(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "return"
    directions = {"return": "max"}

    def setup(self):
        self.train_loader = DataLoader(TensorDataset(torch.arange(640) % GOAL), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(TensorDataset(torch.arange(GOAL)), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(SIDE * SIDE, 64), nn.ReLU(), nn.Linear(64, 4))
        self.target = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)
        self.replay = Replay()

    def q(self, net, cell):
        return net(one_hot(cell, SIDE * SIDE).float())

    @torch.no_grad()
    def act(self, cell):
        greedy = self.q(self.model, cell).argmax(1)
        return torch.where(torch.rand(len(cell)) < 0.3, torch.randint(4, (len(cell),)), greedy)

    @torch.no_grad()
    def wanted(self, reward, after, done):
        return reward + self.config.gamma * (1 - done) * self.q(self.target, after).max(1).values

    def train_step(self, batch):
        (cell,) = batch
        self.model.train()
        action = self.act(cell)
        after, reward, done = move(cell, action)
        self.replay.push(cell, action, reward, after, done)
        cell, action, reward, after, done = self.replay.sample(64)
        loss = smooth_l1_loss(self.q(self.model, cell).gather(1, action[:, None]).squeeze(1), self.wanted(reward, after, done))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if (self.progress.step + 1) % self.config.refresh == 0:
            self.target.load_state_dict(self.model.state_dict())
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (cell,) in loader:
            alive = torch.ones(len(cell))
            for _ in range(2 * SIDE):
                cell, reward, done = move(cell, self.q(self.model, cell).argmax(1))
                total += (alive * reward).sum().item()
                alive = alive * (1 - done.float())
            count += len(cell)
        return {"val_return": total / count, "val_loss": -total / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "target": self.target.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**state, "replay": self.replay.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.target.load_state_dict(state["target"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.replay.load_state_dict(state["replay"])
        self.progress.load_state_dict(state["progress"])
