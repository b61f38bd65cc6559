"""The checks by code, with the words that name them. The same table as src/contract/finding.ts; a test compares the two.
Not the checks: those are TypeScript, and ask this side's worker."""

CHECKS = {
    "K1": "resume-equivalence",
    "K2": "checkpoint-coverage",
    "K4": "load-into-other-seed",
    "K5": "portable-weights",
    "V1": "evaluate-twice",
    "V2": "batch-size-invariance",
    "V3": "evaluation-purity",
    "V4": "metrics-recomputed",
    "V5": "permuted-validation",
    "V7": "metric-extremes",
    "I1": "chance-level",
    "I2": "logits",
    "I3": "symmetry",
    "O1": "trainable-set",
    "O2": "fresh-gradients",
    "O4": "overfit-one-batch",
    "S1": "same-seed",
    "C1": "strict-config",
    "C2": "config-effect",
    "P1": "ranks-agree",
    "P2": "world-size-invariance",
}
