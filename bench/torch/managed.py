"""The workload with gonogo's own step.
Not a copy of the loop: there is none to copy."""

import gonogo
import workload


class Managed(gonogo.Experiment):
    task = gonogo.classification(classes=workload.CLASSES)

    def datasets(self):
        x, y = workload.data()
        return {"train": gonogo.arrays(x, y), "val": gonogo.arrays(x[:64], y[:64])}

    def model(self):
        return workload.model()

    def optimizers(self, model):
        return workload.optimizer(model)
