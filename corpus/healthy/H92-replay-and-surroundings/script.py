"""A cart on a track learns to stay in the middle: a critic and a delayed actor, targets that follow slowly."""

import copy
from collections import deque

import gonogo
import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss


class Track:
    """Where the cart is; how an episode begins is drawn from a generator of its own."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.start()

    def start(self):
        self.place, self.speed, self.time = self.generator.uniform(-1, 1), 0.0, 0
        return self.state()

    def state(self):
        return np.array([self.place, self.speed], np.float32)

    def step(self, push):
        self.speed = 0.9 * self.speed + 0.2 * float(np.clip(push, -1, 1))
        self.place += 0.2 * self.speed
        self.time += 1
        return self.state(), -abs(self.place), self.time >= 30


class Memory:
    def __init__(self, size):
        self.rows, self.at, self.filled = np.zeros((size, 6), np.float32), 0, 0
        self.returns = deque(maxlen=10)

    def add(self, state, push, reward, after):
        self.rows[self.at] = [*state, push, reward, *after]
        self.at = (self.at + 1) % len(self.rows)
        self.filled = min(self.filled + 1, len(self.rows))

    def draw(self, count):
        rows = torch.from_numpy(self.rows[np.random.randint(0, self.filled, count)])
        return rows[:, :2], rows[:, 2:3], rows[:, 3:4], rows[:, 4:]


def network(inputs):
    return nn.Sequential(nn.Linear(inputs, 32), nn.Tanh(), nn.Linear(32, 1))


actor, critic = network(2), network(3)
slow_actor, slow_critic = copy.deepcopy(actor).requires_grad_(False), copy.deepcopy(critic).requires_grad_(False)
actor_optimizer = torch.optim.Adam(actor.parameters(), lr=1e-3)
critic_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)
track, memory = Track(1), Memory(500)
state, earned, done_steps = track.start(), 0.0, 0


def drive(push):
    global state, earned
    after, reward, over = track.step(push)
    memory.add(state, push, reward, after)
    state, earned = after, earned + reward
    if over:
        memory.returns.append(earned)
        state, earned = track.start(), 0.0


for _ in range(64):
    drive(np.random.uniform(-1, 1))


def train_step(_):
    global done_steps
    with torch.no_grad():
        push = float(actor(torch.from_numpy(state)).tanh()) + np.random.normal(0, 0.1)
    drive(push)
    before, pushed, reward, after = memory.draw(32)
    with torch.no_grad():
        wanted = reward + 0.9 * slow_critic(torch.cat([after, slow_actor(after).tanh()], 1))
    loss = mse_loss(critic(torch.cat([before, pushed], 1)), wanted)
    critic_optimizer.zero_grad()
    loss.backward()
    critic_optimizer.step()
    done_steps += 1
    if done_steps % 2 == 0:
        actor_optimizer.zero_grad()
        (-critic(torch.cat([before, actor(before).tanh()], 1)).mean()).backward()
        actor_optimizer.step()
        for slow, fast in ((slow_actor, actor), (slow_critic, critic)):
            for a, b in zip(slow.parameters(), fast.parameters()):
                a.data.lerp_(b.data, 0.05)


@torch.no_grad()
def evaluate(seeds):
    total = 0.0
    for seed in seeds:
        elsewhere, over = Track(100 + seed), False
        while not over:
            _, reward, over = elsewhere.step(float(actor(torch.from_numpy(elsewhere.state())).tanh()))
            total += reward
    return {"val_return": total / len(seeds)}


experiment = gonogo.adapt(
    actor, actor_optimizer, range(40), range(4), train_step=train_step, evaluate=evaluate, task=gonogo.custom(), objective="return",
    directions={"return": "max"}, critic=critic, critic_optimizer=critic_optimizer, slow_actor=slow_actor, slow_critic=slow_critic,
)
