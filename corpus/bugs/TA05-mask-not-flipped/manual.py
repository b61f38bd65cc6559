"""Flips."""

from segmenter import Scenes, Segmenter


class Flipped(Scenes):
    def flipped(self, image, mask):
        # buggy: return image.flip(-1), mask
        return image.flip(-1), mask.flip(-1)  # fixed


class Pixels(Segmenter):
    scenes = Flipped
