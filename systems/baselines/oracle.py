"""The oracle: a classifier on the true cues of generated faces."""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from posed_spontaneous.dataset.manifest import LATENT_PREFIX
from posed_spontaneous.runtime.errors import InputError


def cue_oracle() -> Pipeline:
    """Logistic regression on a manifest's latent columns; fits rows of a manifest.

    Raises:
        InputError: On fitting, if the manifest has no latent columns.
    """
    return make_pipeline(
        FunctionTransformer(_latent_cues), StandardScaler(), LogisticRegression(max_iter=1000)
    )


def _latent_cues(rows: pd.DataFrame) -> pd.DataFrame:
    cues = rows.filter(regex=f"^{LATENT_PREFIX}")
    if cues.empty:
        raise InputError(
            f"baseline=oracle: the manifest has no {LATENT_PREFIX}* column: only generated faces "
            "have true cues, do not run this baseline"
        )
    return cues
