"""Systems on the manifest's columns, without any image: the oracle and the metadata probe."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from posed_spontaneous.dataset.manifest import CLIP, LATENT_PREFIX, REQUIRED, TESTED
from posed_spontaneous.runtime.errors import InputError


def manifest_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The features of these systems: the manifest's rows."""
    return rows


def cue_oracle() -> Pipeline:
    """Logistic regression on the true cues of generated faces, the manifest's latent columns.

    Fits rows of a manifest.

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
