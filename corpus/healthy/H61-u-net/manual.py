"""Scenes."""

from segmenter import Segmenter


class Pixels(Segmenter):
    pass
