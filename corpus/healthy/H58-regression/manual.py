"""A smooth function of four numbers."""

from regressor import Regressor


class Regression(Regressor):
    pass
