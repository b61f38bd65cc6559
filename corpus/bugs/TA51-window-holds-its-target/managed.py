"""Windows."""

from demand import WINDOW, Demand, Windows


class Days(Windows):
    def given(self, at):
        # buggy: return self.series[at + 1 : at + WINDOW + 1]
        return self.series[at : at + WINDOW]  # fixed


class NextHour(Demand):
    windows = Days
