"""Things."""

from detector import Detection


class Boxes(Detection):
    pass
