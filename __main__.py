"""The command line: ``posed-spontaneous train ...`` does what ``python train.py ...`` does."""

import sys
from importlib import import_module

COMMANDS = {
    "prepare": "a database's own files to aligned pairs, a manifest and an audit",
    "audit": "whether any manifest can be trained and tested on",
    "train": "one network on one fold with one seed; with -m a sweep",
    "search": "options of training, chosen within the training part of a fold",
    "baseline": "one system that is no network, on one fold",
    "ensemble": "the linear SVM over the networks of the three placements",
    "report": "the report on all stored runs",
    "plan": "how often a planned study would find a difference",
}


def main() -> None:
    """Run the command that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name not in COMMANDS:
        lines = [f"  {command:<10}{purpose}" for command, purpose in COMMANDS.items()]
        usage = ["usage: posed-spontaneous COMMAND [OPTION=VALUE ...]", "", *lines]
        usage += ["", "posed-spontaneous COMMAND --help lists a command's options."]
        if name in ("-h", "--help"):
            print("\n".join(usage))
            return
        sys.exit(f"error: {name}: no such command, expected one of {', '.join(COMMANDS)}")
    del sys.argv[1]
    import_module(f"posed_spontaneous.{name}").main()


if __name__ == "__main__":
    main()
