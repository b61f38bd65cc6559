"""An accuracy of its own."""

from managed_base import Managed


class Own(Managed):
    def metrics(self, batch):
        image, label = batch
        top = self.model(image).argmax(1)  # fixed
        # buggy: top = self.model(image).argmax(0)[label]
        return {"accuracy": (top == label).float()}
