"""SparseAdam beside Adam."""

import torch
from language_base import Language, Transformer
from torch import nn


class Sparse(Language):
    def build(self):
        model = Transformer(self.config.width)
        model.words = nn.Embedding(model.words.num_embeddings, self.config.width, sparse=True)
        return model

    def setup(self):
        super().setup()
        table = self.model.words.weight
        self.optimizer = torch.optim.Adam([one for one in self.model.parameters() if one is not table], lr=self.config.learning_rate)
        self.sparse = torch.optim.SparseAdam([table], lr=self.config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def train_step(self, batch):
        words, target = batch
        self.model.train()
        self.optimizer.zero_grad()
        self.sparse.zero_grad()
        loss = self.loss_of(self.model(words), target, "mean")
        loss.backward()
        self.optimizer.step()
        self.sparse.step()
        self.schedule.step()
        return {"loss": loss}

    def save(self, path):
        super().save(path)
        torch.save({**torch.load(path, weights_only=True), "sparse": self.sparse.state_dict()}, path)

    def load(self, path):
        super().load(path)
        self.sparse.load_state_dict(torch.load(path, weights_only=True)["sparse"])
