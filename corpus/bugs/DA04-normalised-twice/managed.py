"""A normalisation that works in place."""

from classifier import patterns
from managed_base import Managed
from torch.utils.data import TensorDataset


def normalised(image):
    image /= 255
    image -= 0.5
    image /= 0.12
    return image


class InPlace(Managed):
    def datasets(self):
        image, label = patterns(640, seed=1).tensors
        val_image, val_label = patterns(203, seed=2).tensors
        image, val_image = image * 30 + 128, val_image * 30 + 128
        preview = normalised(image[:8].clone())  # fixed
        # buggy: preview = normalised(image)
        assert preview.shape[1:] == (1, 8, 8)
        return {"train": TensorDataset(normalised(image), label), "val": TensorDataset(normalised(val_image), val_label)}
