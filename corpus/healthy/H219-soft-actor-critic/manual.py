"""Soft actor-critic on a pendulum."""

import gonogo
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Pendulum:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.reset()

    def reset(self):
        self.th, self.w, self.t = self.rng.uniform(-np.pi, np.pi), self.rng.uniform(-1, 1), 0
        return self.obs()

    def obs(self):
        return np.array([np.cos(self.th), np.sin(self.th), self.w], np.float32)

    def step(self, u):
        u = float(np.clip(u, -2, 2))
        angle = (self.th + np.pi) % (2 * np.pi) - np.pi
        cost = angle**2 + 0.1 * self.w**2 + 0.001 * u**2
        self.w = np.clip(self.w + (15 * np.sin(self.th) + 3 * u) * 0.05, -8, 8)
        self.th += self.w * 0.05
        self.t += 1
        return self.obs(), -cost, self.t >= 100


class ReplayBuffer:
    def __init__(self, size):
        self.obs, self.next_obs = np.zeros((size, 3), np.float32), np.zeros((size, 3), np.float32)
        self.actions, self.rewards, self.dones = np.zeros((size, 1), np.float32), np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.size, self.pos, self.full = size, 0, False

    def add(self, o, n, a, r, d):
        i = self.pos
        self.obs[i], self.next_obs[i], self.actions[i], self.rewards[i], self.dones[i] = o, n, a, r, d
        self.pos = (i + 1) % self.size
        self.full = self.full or self.pos == 0

    def sample(self, n):
        i = np.random.randint(0, self.size if self.full else self.pos, n)
        return tuple(torch.from_numpy(one[i]) for one in (self.obs, self.next_obs, self.actions, self.rewards, self.dones))


class SoftQNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(4, 64), nn.Linear(64, 64), nn.Linear(64, 1)

    def forward(self, x, a):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(torch.cat([x, a], 1))))))


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc_mean, self.fc_logstd = nn.Linear(3, 64), nn.Linear(64, 64), nn.Linear(64, 1), nn.Linear(64, 1)
        self.register_buffer("action_scale", torch.tensor(2.0))

    def forward(self, x):
        x = F.relu(self.fc2(F.relu(self.fc1(x))))
        return self.fc_mean(x), -5 + 0.5 * 7 * (torch.tanh(self.fc_logstd(x)) + 1)

    def get_action(self, x):
        mean, log_std = self(x)
        normal = torch.distributions.Normal(mean, log_std.exp())
        x_t = normal.rsample()
        y_t = torch.tanh(x_t)
        log_prob = (normal.log_prob(x_t) - torch.log(self.action_scale * (1 - y_t.pow(2)) + 1e-6)).sum(1, keepdim=True)
        return y_t * self.action_scale, log_prob, torch.tanh(mean) * self.action_scale


class SAC(gonogo.Experiment[None]):
    task = gonogo.custom()
    objective = "return"
    directions = {"return": "max"}

    def setup(self):
        np.random.seed(self.seed)
        self.train_loader, self.val_loader = range(200), range(4)
        self.env = Pendulum(self.seed)
        self.actor = Actor()
        self.qf1, self.qf2, self.qf1_target, self.qf2_target = SoftQNetwork(), SoftQNetwork(), SoftQNetwork(), SoftQNetwork()
        self.qf1_target.load_state_dict(self.qf1.state_dict())
        self.qf2_target.load_state_dict(self.qf2.state_dict())
        self.q_optimizer = optim.Adam(list(self.qf1.parameters()) + list(self.qf2.parameters()), lr=1e-3)
        self.actor_optimizer = optim.Adam(self.actor.parameters(), lr=3e-4)
        self.target_entropy = -1.0
        self.log_alpha = torch.zeros(1, requires_grad=True)
        self.alpha = self.log_alpha.exp().item()
        self.a_optimizer = optim.Adam([self.log_alpha], lr=1e-3)
        self.model = self.actor
        self.rb = ReplayBuffer(2000)
        self.global_step = 0
        self.obs = self.env.reset()
        for _ in range(200):  # learning starts
            self.interact(np.random.uniform(-2, 2))

    def interact(self, action):
        next_obs, reward, done = self.env.step(action)
        self.rb.add(self.obs, next_obs, action, reward, 0.0)
        self.obs = self.env.reset() if done else next_obs

    def train_step(self, _):
        with torch.no_grad():
            self.interact(self.actor.get_action(torch.from_numpy(self.obs)[None])[0].item())
        self.global_step += 1
        obs, next_obs, actions, rewards, dones = self.rb.sample(64)
        with torch.no_grad():
            next_actions, next_log_pi, _ = self.actor.get_action(next_obs)
            target = torch.min(self.qf1_target(next_obs, next_actions), self.qf2_target(next_obs, next_actions)) - self.alpha * next_log_pi
            next_q = rewards + (1 - dones) * 0.97 * target.view(-1)
        qf_loss = F.mse_loss(self.qf1(obs, actions).view(-1), next_q) + F.mse_loss(self.qf2(obs, actions).view(-1), next_q)
        self.q_optimizer.zero_grad()
        qf_loss.backward()
        self.q_optimizer.step()
        if self.global_step % 2 == 0:
            for _ in range(2):
                pi, log_pi, _ = self.actor.get_action(obs)
                actor_loss = (self.alpha * log_pi - torch.min(self.qf1(obs, pi), self.qf2(obs, pi))).mean()
                self.actor_optimizer.zero_grad()
                actor_loss.backward()
                self.actor_optimizer.step()
                with torch.no_grad():
                    _, log_pi, _ = self.actor.get_action(obs)
                alpha_loss = (-self.log_alpha.exp() * (log_pi + self.target_entropy)).mean()
                self.a_optimizer.zero_grad()
                alpha_loss.backward()
                self.a_optimizer.step()
                self.alpha = self.log_alpha.exp().item()
        for q, t in ((self.qf1, self.qf1_target), (self.qf2, self.qf2_target)):
            for param, target_param in zip(q.parameters(), t.parameters()):
                target_param.data.copy_(0.01 * param.data + 0.99 * target_param.data)
        return {"loss": qf_loss}

    @torch.no_grad()
    def evaluate(self, loader):
        total = []
        for i in loader:
            env = Pendulum(900 + i)
            obs, done, ret = env.obs(), False, 0.0
            while not done:
                obs, r, done = env.step(self.actor.get_action(torch.from_numpy(obs)[None])[2].item())
                ret += r
            total.append(ret)
        return {"val_return": float(np.mean(total))}
