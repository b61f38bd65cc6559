"""Quarter turns."""

from segmenter import Scenes, Segmenter


class Turned(Scenes):
    def flipped(self, image, mask):
        # buggy: return image.rot90(1, (-2, -1)), mask.rot90(-1, (-2, -1))
        return image.rot90(1, (-2, -1)), mask.rot90(1, (-2, -1))  # fixed


class Pixels(Segmenter):
    scenes = Turned
