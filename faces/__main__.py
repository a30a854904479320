"""Generate the configured faces and a contact sheet of them: ``python -m faces``."""

from pathlib import Path

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from posed_spontaneous.faces import write_contact_sheet
from posed_spontaneous.runtime.error_messages import one_line_errors


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="faces")
def main(config: DictConfig) -> None:
    """Write the contact sheet, after generating the faces if need be."""
    with one_line_errors():
        sheet = Path(config.sheet)
        sheet.parent.mkdir(parents=True, exist_ok=True)
        write_contact_sheet(instantiate(config.data.path), sheet)
        print(sheet)


if __name__ == "__main__":
    main()
