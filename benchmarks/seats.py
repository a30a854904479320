"""Processes that measure in turn, or at the same time."""

import logging
import multiprocessing
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Seats:
    """Warm processes, each with an executor of its own, so that all work or one alone.

    Args:
        count: How many.
    """

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.executors = [ProcessPoolExecutor(1, context, _fall_silent) for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        for executor in self.executors:
            executor.shutdown(cancel_futures=kind is not None)

    def alone(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """The result of one process while the others wait."""
        return self.executors[0].submit(function, *arguments).result()

    def together(self, function: Callable[..., Result], *arguments: Any) -> list[Result]:
        """The results of all processes, which do the same at the same time."""
        futures = [executor.submit(function, *arguments) for executor in self.executors]
        return [future.result() for future in futures]


def _fall_silent() -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
