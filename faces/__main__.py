"""Generate the configured faces and a contact sheet: ``python -m posed_spontaneous.faces``."""

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.faces.contact_sheet import write_contact_sheet
from posed_spontaneous.runtime.error_messages import one_line_errors


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="faces")
def main(config: DictConfig) -> None:
    """Generate the faces, unless they exist, and write the contact sheet."""
    with one_line_errors():
        write_contact_sheet(instantiate(config.data.path), Path(config.sheet))
        print(config.sheet)


if __name__ == "__main__":
    main()
