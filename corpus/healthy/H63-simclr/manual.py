"""Two views of each picture."""

from simclr import SimClr


class Views(SimClr):
    pass
