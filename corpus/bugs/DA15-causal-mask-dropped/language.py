"""A transformer that is asked for causality by an argument."""

from language_base import Language, Transformer


class Causal(Language):
    def build(self):
        return Transformer(self.config.width, causal=True)  # fixed
        # buggy: return Transformer(self.config.width, causal=False)
