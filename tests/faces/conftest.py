"""The head pack, built once for all tests of generated faces."""

from pathlib import Path

import pytest

from posed_spontaneous.faces.head_pack import HeadPack, load_head_pack


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    load_head_pack(folder)
    return folder


@pytest.fixture(scope="session")
def pack(cache: Path) -> HeadPack:
    return load_head_pack(cache)
