"""Splits."""

import churn
import numpy as np
from churn import Churn


def anew(count, seed=13):
    # buggy: seed = None
    order = np.random.default_rng(seed).permutation(count)
    return order[: int(0.8 * count)], order[int(0.8 * count) :]


churn.split = anew


class Leaves(Churn):
    pass
