"""The metadata probe: what the manifest's columns give away without any image."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from posed_spontaneous.dataset.manifest import CLIP, LATENT_PREFIX, REQUIRED, TESTED
from posed_spontaneous.runtime.errors import InputError


def metadata_probe() -> Pipeline:
    """A random forest on emotion, gender, session and whatever else describes a sample.

    Trees, because two harmless columns may tell the class together. Fits rows of a manifest.

    Raises:
        InputError: On fitting, if the manifest has no such column.
    """
    # A value that hardly recurs, such as a clip's name, says nothing of other subjects.
    named = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=5, sparse_output=False
    )
    encode = make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        (named, make_column_selector(dtype_exclude="number")),
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
    numbers = described.select_dtypes("number").replace([np.inf, -np.inf], np.nan)
    # A column without any number would leave the imputer nothing.
    numbers = numbers.dropna(axis="columns", how="all")
    names = described.select_dtypes(exclude="number").astype(object).fillna("not given").astype(str)
    return pd.concat([numbers, names], axis=1)
