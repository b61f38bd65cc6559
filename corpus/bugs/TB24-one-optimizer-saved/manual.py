"""Checkpoints."""

from gan import Gan


class Stripes(Gan):
    def parts(self):
        parts = {"G": self.G, "D": self.D, "average": self.average, "opt_g": self.opt_g, "progress": self.progress}
        parts["opt_d"] = self.opt_d  # fixed
        return parts
