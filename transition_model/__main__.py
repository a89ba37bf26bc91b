"""Run the command line: ``python -m transition_model``."""

from transition_model.cli import main

main()
