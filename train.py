"""Train one network on one fold with one seed, into one run folder."""

import hydra
from omegaconf import DictConfig

from posed_spontaneous.conf.resolvers import register_resolvers
from posed_spontaneous.runtime.error_messages import one_line_errors
from posed_spontaneous.training import train

register_resolvers()


@hydra.main(version_base="1.3", config_path="pkg://posed_spontaneous.conf", config_name="train")
def main(config: DictConfig) -> float:
    """Train the configured run unless it is stored already, and return its test error."""
    with one_line_errors(continue_sweep=True):
        return train(config)


if __name__ == "__main__":
    main()
