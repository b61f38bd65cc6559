"""Sentences turned round."""

from translator import Translator


class Reversed(Translator):
    pass
