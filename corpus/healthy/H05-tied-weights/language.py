"""A language model with tied weights."""

from language_base import VOCABULARY, Language, Transformer
from torch import nn


class Tied(Language):
    def build(self):
        model = Transformer(self.config.width)
        model.head = nn.Linear(self.config.width, VOCABULARY, bias=False)
        model.head.weight = model.words.weight
        return model
