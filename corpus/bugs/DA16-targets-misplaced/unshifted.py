"""Sentences without targets: the loss shifts them, as it is usually written."""

import torch
from language_base import PAD, Language, Sentences, padded
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader


def words_alone(sentences):
    return (padded(sentences)[0],)


class Shifting(Language):
    def setup(self):
        super().setup()
        self.train_loader = DataLoader(Sentences(480, seed=1), batch_size=self.batch_size, shuffle=True, collate_fn=words_alone)
        self.val_loader = DataLoader(Sentences(151, seed=2), batch_size=self.evaluate_batch_size, collate_fn=words_alone)

    def token_loss(self, words, reduction):
        logits = self.model(words)
        logits, target = logits[:, :-1], words[:, 1:]  # fixed
        # buggy: target = words
        return cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD, reduction=reduction), (target != PAD).sum().item()

    def train_step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        loss, _ = self.token_loss(batch[0], "mean")
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for (words,) in loader:
            loss, here = self.token_loss(words, "sum")
            total, count = total + loss.item(), count + here
        return {"val_loss": total / count}
