"""Audit any manifest, such as one of your own: is it fit to be trained and tested on?"""

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.databases.audits import Audit
from posed_spontaneous.databases.database import Published
from posed_spontaneous.dataset.manifest import read_manifest
from posed_spontaneous.runtime.error_messages import one_line_errors

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="audit")
def main(config: DictConfig) -> None:
    """Audit the configured manifest, and print the verdict."""
    with one_line_errors():
        audited, folder = audit(config)
        audited.write(folder)
        print(f"verdict: {audited.verdict}", *audited.reasons, sep="\n  ")
        print(f"audit: {folder / 'audit.md'}")


def audit(config: DictConfig) -> tuple[Audit, Path]:
    """Run all checks, and name the folder of their results.

    Raises:
        InputError: If the manifest cannot be read.
    """
    check = instantiate(config.audit)
    manifest = Path(instantiate(config.data).path)
    rows = read_manifest(manifest)
    return check(manifest.parent, rows, (), Published()), Path(config.folder)


if __name__ == "__main__":
    main()
