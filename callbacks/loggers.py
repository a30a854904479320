"""Loggers that need to know the run which they log; each is called with folder and card.

A logger is a view. The facts of a run are in its folder, whatever the logger.
"""

from pathlib import Path

from pytorch_lightning.loggers import CSVLogger, MLFlowLogger, TensorBoardLogger

from posed_spontaneous.runs import RunCard
from posed_spontaneous.runtime.errors import InputError


def csv_logger(folder: Path, card: RunCard) -> CSVLogger:
    """Training metrics as ``curves/metrics.csv`` in the run folder."""
    return CSVLogger(folder, name=None, version="curves")


def tensorboard_logger(folder: Path, card: RunCard, *, root: str) -> TensorBoardLogger:
    """Training metrics for ``tensorboard --logdir ROOT``, in a folder named as the run.

    Args:
        folder: The run folder; not used, since its name changes when the run is finished.
        card: The run's identity.
        root: Folder of all TensorBoard logs.

    Raises:
        InputError: If the package tensorboard is missing.
    """
    try:
        return TensorBoardLogger(Path(root) / card.study / card.variant, "", card.name)
    except ModuleNotFoundError as error:
        raise _missing("tensorboard") from error


def mlflow_logger(folder: Path, card: RunCard, *, tracking_uri: str) -> MLFlowLogger:
    """One MLflow run a job, in the experiment of its study.

    Args:
        folder: The run folder; not used.
        card: The run's identity.
        tracking_uri: Address of the server or database, such as ``sqlite:///mlflow.db``.

    Raises:
        InputError: If the package mlflow is missing.
    """
    tags = {"system": card.system, "variant": card.variant, "role": card.role}
    try:
        return MLFlowLogger(
            card.study, f"{card.variant}/{card.name}", tracking_uri=tracking_uri, tags=tags
        )
    except ModuleNotFoundError as error:
        raise _missing("mlflow") from error


def _missing(package: str) -> InputError:
    return InputError(
        f"logger={package}: the package {package} is not installed, expected it: run pip install "
        f"'posed-spontaneous[{package}]'"
    )
