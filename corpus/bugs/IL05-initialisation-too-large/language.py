"""The head is tied to an embedding that is drawn as nn.Embedding draws it."""

from language_base import Language, Transformer
from torch import nn


class Tied(Language):
    def build(self):
        model = Transformer(self.config.width)
        nn.init.normal_(model.words.weight, std=0.02)  # fixed
        # buggy: nn.init.normal_(model.words.weight)
        model.head = nn.Linear(self.config.width, model.words.num_embeddings, bias=False)
        model.head.weight = model.words.weight
        return model
