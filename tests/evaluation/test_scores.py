"""Metrics of a case that is computed by hand."""

import pandas as pd
import pytest

from posed_spontaneous.evaluation import score

HAND = pd.DataFrame(
    {
        "label": ["p", "p", "s", "s", "p", "s"],
        "predicted": ["p", "s", "s", "s", "s", "s"],
    }
)


def test_metrics_by_hand() -> None:
    figures = score(HAND)
    assert figures["error"] == pytest.approx(2 / 6)
    assert figures["balanced_accuracy"] == pytest.approx((1 / 3 + 1) / 2)
    assert figures["f1"] == pytest.approx((2 * 1 / (2 * 1 + 0 + 2) + 2 * 3 / (2 * 3 + 2 + 0)) / 2)
    # TP = 3, TN = 1, FP = 2, FN = 0
    assert figures["mcc"] == pytest.approx((3 * 1 - 2 * 0) / ((5 * 3 * 3 * 1) ** 0.5))
    assert figures["samples"] == 6


def test_a_fold_with_one_class_has_metrics() -> None:
    one = HAND.query("label == 'p'")
    assert score(one)["balanced_accuracy"] == pytest.approx(1 / 3)
