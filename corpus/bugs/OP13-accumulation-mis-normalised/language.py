"""Micro-batches of sentences of unequal length: the mean over words is one of all of them."""

import torch
from language_base import PAD, Language

MICRO = 4


class Accumulated(Language):
    def train_step(self, batch):
        words, target = batch
        self.model.train()
        self.optimizer.zero_grad()
        total = 0.0
        counted = (target != PAD).sum()
        for part, aim in zip(words.chunk(MICRO), target.chunk(MICRO)):
            loss = self.loss_of(self.model(part), aim, "sum") / counted  # fixed
            # buggy: loss = self.loss_of(self.model(part), aim, "mean") / MICRO
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return {"loss": total}
