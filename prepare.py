"""Prepare a database: aligned pairs, a manifest and an audit."""

import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.databases.audits import withdraw_audit
from posed_spontaneous.databases.findings import Severity
from posed_spontaneous.databases.preparation.database import PreparedDatabase, prepare_database
from posed_spontaneous.databases.preparation.folder import MANIFEST, PreparedFolder
from posed_spontaneous.runtime.error_messages import one_line_errors

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="prepare")
def main(config: DictConfig) -> None:
    """Prepare the configured database, or the samples that are missing."""
    with one_line_errors():
        try:
            prepare(config)
        except KeyboardInterrupt:
            sys.exit("stopped: finished samples are kept, and the same command continues")


def prepare(config: DictConfig) -> None:
    """Prepare and audit the configured database, and print a summary.

    Raises:
        InputError: If the configuration or the database is invalid as a whole, or no sample can be
            prepared.
    """
    folder = Path(config.folder).resolve()
    # Invalid options and missing packages end the command here.
    preparer, audit = instantiate(config.sample), instantiate(config.audit)
    database = instantiate(config.database)
    PreparedFolder(folder).claim(HydraConfig.get().runtime.choices["database"], Path(config.root))
    withdraw_audit(folder)  # of the former samples
    prepared = prepare_database(
        database.read(),
        preparer,
        cast(dict[str, Any], OmegaConf.to_container(config.sample, resolve=True)),
        folder,
        corrections=config.corrections,
        respot=config.respot,
        workers=config.workers,
    )
    audited = audit(folder, prepared.rows, prepared.findings, database.published)
    audited.write(folder)
    print(_summary(prepared))
    print(f"verdict: {audited.verdict}", *audited.reasons, sep="\n  ")
    print(f"audit: {folder / 'audit.md'}")
    print(f"manifest: {folder / MANIFEST}")
    if config.colour != "gray":
        print("next: your own program; train.py reads crops with colour=gray")
        return
    fatal = [one.message for one in audited.findings if one.severity is Severity.FATAL]
    if fatal:
        print("next: fix the fatal findings and run the same command again", *fatal, sep="\n  ")
    else:
        print(f"next: python train.py -m {_data_overrides(config, folder)}")


def _summary(prepared: PreparedDatabase) -> str:
    rows = prepared.rows
    labels = ", ".join(f"{count} {label}" for label, count in rows["label"].value_counts().items())
    return (
        f"{len(rows)} of {prepared.recordings} samples of {rows['subject_id'].nunique()} subjects: "
        f"{labels}; {prepared.prepared_now} prepared now"
    )


def _data_overrides(config: DictConfig, folder: Path) -> str:
    """The overrides that train on the prepared folder, quoted for a shell."""
    hydra_config = HydraConfig.get()
    name = str(hydra_config.runtime.choices["database"])
    known = files("posed_spontaneous.conf").joinpath("data", f"{name}.yaml").is_file()
    overrides = [f"data={name}"] if known else ["data=manifest", f"data.name={name}"]
    other_paths = any(one.startswith("paths.") for one in hydra_config.overrides.task)
    if other_paths or not known or folder != Path(config.paths.prepared).resolve() / name:
        overrides.append(f"data.path={folder / MANIFEST}")
    if config.size != 44:
        overrides.append(f"datamodule.image_size={config.size}")
    return shlex.join(overrides)


if __name__ == "__main__":
    main()
