"""The metadata probe: what the manifest's columns give away without any image."""

import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from datamodules.manifest import CLIP, LATENT_PREFIX, REQUIRED, TESTED
from errors import InputError


def metadata_probe() -> Pipeline:
    """A random forest on emotion, gender, session and whatever else describes a sample.

    Trees, because two harmless columns may tell the class together. Fits rows of a manifest.

    Raises:
        InputError: On fitting, if the manifest has no such column.
    """
    encode = make_column_transformer(
        ("passthrough", make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    forest = RandomForestClassifier(n_estimators=300, min_samples_leaf=5, random_state=0)
    return make_pipeline(FunctionTransformer(_metadata), encode, forest)


def _metadata(rows: pd.DataFrame) -> pd.DataFrame:
    columns = rows.columns.astype(str)
    hidden = [c for c in columns if c in (*REQUIRED, CLIP, TESTED) or c.startswith(LATENT_PREFIX)]
    described = rows.drop(columns=hidden)
    if described.columns.empty:
        raise InputError(
            "baseline=metadata: the manifest has no column beside the required ones, expected "
            "emotion, session or the like: add what is known of the samples, or leave this out"
        )
    return described
