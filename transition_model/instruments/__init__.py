"""Policy instruments as dated law: what a rule pays, from which day to which, by which source."""

from transition_model.instruments.loading import load_instruments
from transition_model.instruments.schema import Instrument, Version

__all__ = ["Instrument", "Version", "load_instruments"]
