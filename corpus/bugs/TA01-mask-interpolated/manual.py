"""Masks are resized as pictures are."""

from segmenter import Scenes, Segmenter
from torch.nn.functional import interpolate


class Resized(Scenes):
    def resized(self, image, mask):
        image = interpolate(image[None], size=(16, 16), mode="bilinear", align_corners=False)[0]
        # buggy: return image, interpolate(mask[None, None].float(), size=(16, 16), mode="bilinear", align_corners=False)[0, 0].long()
        return image, interpolate(mask[None, None].float(), size=(16, 16), mode="nearest")[0, 0].long()  # fixed


class Pixels(Segmenter):
    scenes = Resized
