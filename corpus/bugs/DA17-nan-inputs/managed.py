"""A table whose columns are standardised by row groups."""

from managed_base import Managed
from torch.utils.data import TensorDataset


class Scaled(Managed):
    def datasets(self):
        given = super().datasets()
        image, label = given["train"].tensors
        image = image.clone()
        image[::97] = 0  # a picture that was never taken
        spread = image.std((1, 2, 3), keepdim=True)
        spread = spread.clamp(min=1e-3)  # fixed
        return {**given, "train": TensorDataset((image - image.mean((1, 2, 3), keepdim=True)) / spread, label)}
