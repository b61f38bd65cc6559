"""Accuracy."""

from translator import PAD, Translator


class Reversed(Translator):
    def hits(self, guess, wanted):
        # buggy: return (guess == wanted).sum().item(), wanted.numel()
        real = wanted != PAD  # fixed
        return ((guess == wanted) & real).sum().item(), real.sum().item()  # fixed
