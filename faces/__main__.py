"""Generate the faces that ``conf/`` asks for, and a contact sheet of them.

Arguments are overrides of the configuration, such as ``data.path.strength=0``.
"""

import sys
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from faces.contact_sheet import write_contact_sheet


def main() -> None:
    """Write the database and, beside its manifest, ``contact-sheet.png``; print both paths."""
    folder = Path(__file__).resolve().parents[1] / "conf"
    with initialize_config_dir(str(folder), version_base="1.3"):
        config = compose("train", sys.argv[1:])
    manifest: Path = instantiate(config.data.path)
    sheet = manifest.with_name("contact-sheet.png")
    write_contact_sheet(manifest, sheet)
    print(manifest, sheet, sep="\n")


if __name__ == "__main__":
    main()
