"""A healthy actor-critic on a balancing pole, many poles at once; rewards and observations are normalised by running moments.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import smooth_l1_loss
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    hidden: int = gonogo.number(32, min=4)
    lr: float = gonogo.number(3e-3, above=0)
    gamma: float = gonogo.number(0.97, min=0, max=1)
    horizon: int = gonogo.number(12, min=2)


class Starts(Dataset):
    """The states that episodes begin in: angle and speed."""

    def __init__(self, count, seed):
        self.state = 0.3 * torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))

    def __len__(self):
        return len(self.state)

    def __getitem__(self, index):
        return self.state[index]


class Pole:
    """Falls by itself; an action pushes left, right or not at all. The reward is uprightness."""

    def __init__(self, state, noise=True):
        self.state, self.noise = state.clone(), noise

    def shock(self, shape):
        return torch.randn(shape)

    def step(self, action):
        angle, speed = self.state.unbind(1)
        push = (action - 1).float()
        speed = speed + 0.2 * angle.sin() + 0.15 * push
        if self.noise:
            speed = speed + 0.02 * self.shock(speed.shape)
        self.state = torch.stack([angle + 0.2 * speed, speed], 1)
        return self.state, 10 * (self.state[:, 0].cos() - 1) - 0.1 * push.abs()


class Moments:
    """Running mean and variance."""

    def __init__(self, shape=()):
        self.mean, self.var, self.count = torch.zeros(shape), torch.ones(shape), 1e-4

    def update(self, x):
        mean, var, n = x.mean(0), x.var(0, unbiased=False), len(x)
        delta, total = mean - self.mean, self.count + n
        self.mean = self.mean + delta * n / total
        self.var = (self.var * self.count + var * n + delta.square() * self.count * n / total) / total
        self.count = total

    def __call__(self, x):
        return (x - self.mean) / (self.var + 1e-8).sqrt()

    def state_dict(self):
        return {"mean": self.mean, "var": self.var, "count": self.count}

    def load_state_dict(self, state):
        self.mean, self.var, self.count = state["mean"], state["var"], state["count"]


class ActorCritic(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.policy, self.value = nn.Linear(hidden, 3), nn.Linear(hidden, 1)
        nn.init.orthogonal_(self.policy.weight, 0.01)

    def forward(self, x):
        h = self.body(x)
        return self.policy(h), self.value(h).squeeze(1)


class Actor(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "return"
    directions = {"return": "max"}
    pole = Pole

    def setup(self):
        self.train_loader = DataLoader(Starts(640, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(Starts(100, 2), batch_size=self.evaluate_batch_size)
        self.model = ActorCritic(self.config.hidden)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr, eps=1e-5)
        self.seen, self.rewards = Moments((2,)), Moments()

    def rollout(self, env):
        log_probs, values, rewards, entropies = [], [], [], []
        state = env.state
        for _ in range(self.config.horizon):
            self.seen.update(state)
            logits, value = self.model(self.seen(state))
            policy = torch.distributions.Categorical(logits=logits)
            action = policy.sample()
            state, reward = env.step(action)
            log_probs.append(policy.log_prob(action)), values.append(value), rewards.append(reward), entropies.append(policy.entropy())
        return torch.stack(log_probs), torch.stack(values), torch.stack(rewards), torch.stack(entropies)

    def objective_of(self, log_probs, advantage):
        return -(log_probs * advantage).mean()

    def train_step(self, state):
        self.model.train()
        log_probs, values, rewards, entropies = self.rollout(self.pole(state))
        self.rewards.update(rewards.flatten())
        rewards = rewards / (self.rewards.var + 1e-8).sqrt()
        returns, running = [], torch.zeros(len(state))
        for reward in rewards.flip(0):
            running = reward + self.config.gamma * running
            returns.insert(0, running)
        returns = torch.stack(returns)
        advantage = (returns - values).detach()
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        loss = self.objective_of(log_probs, advantage) + 0.5 * smooth_l1_loss(values, returns) - 0.01 * entropies.mean()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        """The likeliest action, without shocks."""
        self.model.eval()
        total = count = 0
        for state in loader:
            env = self.pole(state, noise=False)
            for _ in range(self.config.horizon):
                _, reward = env.step(self.model(self.seen(env.state))[0].argmax(1))
                total += reward.sum().item()
            count += len(state)
        return {"val_return": total / count, "val_loss": -total / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "seen": self.seen.state_dict(), "rewards": self.rewards.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen.load_state_dict(state["seen"])
        self.rewards.load_state_dict(state["rewards"])
        self.progress.load_state_dict(state["progress"])
