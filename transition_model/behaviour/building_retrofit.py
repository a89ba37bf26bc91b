"""How much existing floor its owners retrofit: the pace of programmes, and what payback adds."""

from __future__ import annotations

from typing import Any

import numpy as np

from transition_model.compilation import formula


@formula
def payback(cost: Any, relief: Any, saving: Any) -> Any:
    """Years until the saving has paid the owner's part of the cost, at least 0.

    Parameters
    ----------
    cost
        Yuan/m2.
    relief
        Subsidy and interest discount, yuan/m2.
    saving
        Energy money saved in a year, yuan/m2, above 0.
    """
    return np.maximum(cost - relief, 0.0) / saving


@formula
def willing_share(years: Any, tolerated: Any, sensitivity: Any) -> Any:
    """Share of owners who accept a payback: a logistic distribution of what is tolerated.

    ``1 / (1 + exp(sensitivity * (years - tolerated)))``

    Parameters
    ----------
    years
        Payback.
    tolerated
        Payback that half of the owners accept, years.
    sensitivity
        Log odds for a year.
    """
    return np.exp(-np.logaddexp(0.0, sensitivity * (years - tolerated)))


@formula
def retrofitted(pace: Any, willing: Any, willing_at_first: Any) -> Any:
    """Floor retrofitted: ``pace * willing / willing_at_first``, in the unit of the pace.

    Parameters
    ----------
    pace
        Floor that is retrofitted without subsidy at the ordinary lending rate.
    willing
        Share of owners who are willing under the month's terms.
    willing_at_first
        That share without subsidy, at the ordinary lending rate, above 0.
    """
    return pace * willing / willing_at_first
