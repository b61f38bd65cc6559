"""Balance."""

from experts import EXPERTS, Mixture


class Routed(Mixture):
    def balance(self, share, probability):
        # buggy: return EXPERTS * (share * share).sum()
        return EXPERTS * (share * probability).sum()  # fixed
