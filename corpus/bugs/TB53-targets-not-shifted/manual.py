"""Targets."""

from translator import Translator


class Reversed(Translator):
    def shifted(self, target):
        # buggy: return target[:, 1:], target[:, 1:]
        return target[:, :-1], target[:, 1:]  # fixed
