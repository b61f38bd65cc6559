"""Two loader workers."""

from workers_base import WithWorkers


class Workers(WithWorkers):
    pass
