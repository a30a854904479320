"""Train one network on one fold with one seed, into one run folder."""

import hydra
from omegaconf import DictConfig

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.training import train

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="train")
def main(config: DictConfig) -> None:
    """Train the configured run unless it is stored already.

    Nothing is returned: a sweeper that optimises would choose options by the test error.
    """
    with one_line_errors(continue_sweep=True):
        train(config)


if __name__ == "__main__":
    main()
