"""REINFORCE on a contextual bandit; contexts come from a loader."""

import gonogo
import torch
from regressor import Config
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def contexts(count, seed):
    return TensorDataset(torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)))


class Bandit(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "reward"
    directions = {"reward": "max"}

    def setup(self):
        self.train_loader = DataLoader(contexts(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(contexts(203, 2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(6, self.config.width), nn.Tanh(), nn.Linear(self.config.width, 4))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.learning_rate)
        self.baseline = torch.zeros(())

    def reward(self, x, action):
        return x.gather(1, action[:, None]).squeeze(1)

    def train_step(self, batch):
        (x,) = batch
        self.model.train()
        policy = torch.distributions.Categorical(logits=self.model(x))
        action = policy.sample()
        reward = self.reward(x, action) + 0.5 * torch.randn(len(x))
        loss = -(policy.log_prob(action) * (reward - self.baseline)).mean() - 0.01 * policy.entropy().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.baseline.lerp_(reward.mean(), 0.1)
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (x,) in loader:
            total += self.reward(x, self.model(x).argmax(1)).sum().item()
            count += len(x)
        return {"val_reward": total / count, "val_loss": -total / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "baseline": self.baseline}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.baseline.copy_(state["baseline"])
        self.progress.load_state_dict(state["progress"])
