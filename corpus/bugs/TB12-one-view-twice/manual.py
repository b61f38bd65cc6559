"""Views."""

from simclr import SimClr, TwoViews


class Pair(TwoViews):
    def __getitem__(self, index):
        image, label = self.pictures[index]
        first = self.view(image)
        # buggy: second = first
        second = self.view(image)  # fixed
        return first, second, label


class Views(SimClr):
    views = Pair
