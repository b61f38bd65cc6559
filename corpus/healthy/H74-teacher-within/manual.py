"""Teacher and student."""

from distiller import Distiller


class Taught(Distiller):
    pass
