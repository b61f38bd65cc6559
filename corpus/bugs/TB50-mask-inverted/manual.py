"""Masks."""

from translator import PAD, Seq2Seq, Translator


class Masked(Seq2Seq):
    def padding(self, words):
        # buggy: return words != PAD
        return words == PAD  # fixed


class Reversed(Translator):
    def build(self):
        return Masked(self.config.width, self.config.dropout)
