"""The metadata probe: classification from the manifest's columns, without any image."""

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
    """A random forest on emotion, gender, session and all other columns that describe a sample.

    Trees find classes that only the combination of columns predicts. Fits rows of a manifest.

    Raises:
        InputError: On fitting, if the manifest has no such column.
    """
    # Rare values, such as names of clips, carry no information about other subjects.
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
            "baseline=metadata: the manifest has no column besides the required ones, expected "
            "emotion, session or similar: add columns, or do not run this baseline"
        )
    numbers = described.select_dtypes("number").replace([np.inf, -np.inf], np.nan)
    # The imputer needs at least one number in each column.
    numbers = numbers.dropna(axis="columns", how="all")
    names = described.select_dtypes(exclude="number").astype(object).fillna("not given").astype(str)
    return pd.concat([numbers, names], axis=1)
