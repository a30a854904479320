"""Two databases as one: the first for training only, the second for the test."""

import numpy as np
import pandas as pd

from posed_spontaneous.dataset.manifest import TESTED
from posed_spontaneous.dataset.pairs import Pairs
from posed_spontaneous.runtime.errors import InputError


def join_databases(trained: Pairs, tested: Pairs) -> Pairs:
    """Combine a database to train on with a database to test on.

    The samples of the first get the prefix ``train:``, since both databases may have a subject
    s01. The samples of the second keep their names, so that their predictions can be compared with
    those of other runs.

    Raises:
        InputError: If the classes differ, or an image is in both.
    """
    if trained.classes != tested.classes:
        raise InputError(
            f"data.test: its labels are {list(tested.classes)}, expected those of the training "
            f"database, {list(trained.classes)}: rename the labels"
        )
    known = {image: sample for sample, image in trained.images()}
    for sample, image in tested.images():
        if image in known:
            raise InputError(
                f"data.test: sample {sample} has the same image as training sample "
                f"{known[image]}, expected other subjects: test on another database, or delete "
                "the samples that are in both"
            )
    names = {name: "train:" + trained.rows[name] for name in ("sample_id", "subject_id")}
    rows = [trained.rows.assign(**names, **{TESTED: False}), tested.rows.assign(**{TESTED: True})]
    return Pairs(
        pd.concat(rows, ignore_index=True),
        tested.classes,
        np.concatenate([trained.targets, tested.targets]),
        np.concatenate([trained.onset, tested.onset]),
        np.concatenate([trained.apex, tested.apex]),
    )
