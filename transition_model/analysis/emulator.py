"""Emulators: what runs would say between those that were made.

Each outcome is fitted by polynomials of the factors of growing freedom, by ridge regression: all
factors straight; a quadratic with the product of every pair; the same with a curve of the fourth
degree in every factor. Kept is the one with the smallest error in parts of the data that it has not
seen (cross-validation). What it leaves unexplained, luck among it, stays beside it: rows of
residuals, so that outcomes that miss together in a run do so in a draw, too.

Polynomials have slopes, which a search can follow, and those of lever sets and of draws meet in one
product of matrices, so that a hundred thousand runs are foretold in milliseconds; trees have no
slopes and took minutes.

Sources: Box and Wilson 1951, On the experimental attainment of optimum conditions, Journal of the
Royal Statistical Society B 13 (response surfaces); Hoerl and Kennard 1970, Ridge regression,
Technometrics 12; Stone 1974, Cross-validatory choice and assessment of statistical predictions,
Journal of the Royal Statistical Society B 36.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial import legendre
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

type Array = NDArray[np.float64]

FOLDS = 5
"""Parts of the data, each of which is foretold from the others."""

KINDS = ("linear", "quadratic", "quadratic with bends")
BENDS = (3, 4)
"""Degrees of the Legendre polynomials that bend a factor's curve."""

PENALTIES = (1e-4, 1e-1, 1e1, 1e2)


@dataclass(frozen=True)
class Polynomial:
    """Constant, linear, quadratic and bending terms of features.

    Attributes
    ----------
    kind
        One of :data:`KINDS`.
    constant, linear, square
        Of the features, with a symmetric matrix of shape (m, m).
    bends
        Of the Legendre polynomials of each feature, shape (m, degrees).
    """

    kind: str
    constant: float
    linear: Array
    square: Array
    bends: Array

    def rows(self, features: Array) -> Array:
        """Outcome at rows of features between -1 and 1, shape (n, m) in, (n,) out."""
        outcome: Array = self.constant + features @ self.linear
        if self.kind != KINDS[0]:
            outcome = outcome + ((features @ self.square) * features).sum(axis=1)
        if self.kind == KINDS[2]:
            for place in range(len(BENDS)):
                outcome = outcome + _bent(features, BENDS[place]) @ self.bends[:, place]
        return outcome

    def grid(self, levers: Array, uncertain: Array) -> Array:
        """Outcome of every lever set in every draw, shape (sets, draws)."""
        split = levers.shape[1]
        own = Polynomial(
            self.kind, self.constant, self.linear[:split], self.square[:split, :split],
            self.bends[:split],
        ).rows(levers)  # fmt: skip
        drawn = Polynomial(
            self.kind, 0.0, self.linear[split:], self.square[split:, split:], self.bends[split:]
        ).rows(uncertain)
        crossed = 2.0 * levers @ self.square[:split, split:] @ uncertain.T
        outcome: Array = own[:, None] + drawn[None, :] + crossed
        return outcome


def _bent(features: Array, degree: int) -> Array:
    """A Legendre polynomial of every feature; beyond the range it stays as at its end."""
    curve: Array = legendre.legval(np.clip(features, -1.0, 1.0), np.eye(degree + 1)[degree])
    return curve


@dataclass(frozen=True)
class Emulators:
    """An emulator an outcome, and how far it can be trusted.

    Attributes
    ----------
    names, models
        Of the outcomes.
    residuals
        Outcome less what was foretold without it, shape (runs, outcomes).
    explained
        Share of the variance that is foretold (R2 in cross-validation), shape (outcomes,).
    """

    names: tuple[str, ...]
    models: tuple[Polynomial, ...]
    residuals: Array
    explained: Array

    def grid(self, levers: Array, uncertain: Array) -> Array:
        """Outcomes of every lever set in every draw, shape (outcomes, sets, draws)."""
        return np.stack([model.grid(levers, uncertain) for model in self.models])

    def table(self) -> pd.DataFrame:
        """Which emulator an outcome has, what it explains, and the spread that it leaves."""
        return pd.DataFrame(
            {
                "outcome": self.names,
                "emulator": [model.kind for model in self.models],
                "R2": self.explained,
                "residual spread": self.residuals.std(axis=0),
                "runs": len(self.residuals),
            }
        )


def fit_emulators(names: Sequence[str], features: Array, outcomes: Array) -> Emulators:
    """Fit an emulator to each outcome and choose by cross-validation.

    Parameters
    ----------
    names
        Of the outcomes.
    features
        Factors between -1 and 1, shape (runs, m), levers first.
    outcomes
        Shape (runs, outcomes).
    """
    parts = np.random.default_rng(0).permutation(len(features)) % FOLDS
    best = np.full(outcomes.shape[1], -np.inf)
    foretold = np.empty_like(outcomes)
    chosen = [(KINDS[0], PENALTIES[0])] * outcomes.shape[1]
    for kind in KINDS:
        terms = _terms(kind, features)
        whole = _Moments.of(terms, outcomes)
        tried = np.empty((len(PENALTIES), *outcomes.shape))
        for part in range(FOLDS):
            unseen = parts == part
            seen = whole.less(_Moments.of(terms[unseen], outcomes[unseen]))
            weights, constants = _ridge(seen)
            tried[:, unseen] = terms[unseen] @ weights + constants[:, None]
        for penalty, one in zip(PENALTIES, tried, strict=True):
            explained = _explained(outcomes, one)
            for place in np.flatnonzero(explained > best).tolist():
                best[place], chosen[place] = explained[place], (kind, penalty)
                foretold[:, place] = one[:, place]
    models: list[Polynomial | None] = [None] * outcomes.shape[1]
    for kind in dict.fromkeys(kind for kind, _ in chosen):
        weights, constants = _ridge(_Moments.of(_terms(kind, features), outcomes))
        for place, (own, penalty) in enumerate(chosen):
            if own == kind:
                row = PENALTIES.index(penalty)
                weight, constant = weights[row, :, place], float(constants[row, place])
                models[place] = _polynomial(kind, constant, weight, features.shape[1])
    made = tuple(model for model in models if model is not None)
    return Emulators(tuple(names), made, outcomes - foretold, best)


def _explained(outcomes: Array, foretold: Array) -> Array:
    """One less the error's square over that of the mean; 1 where there is nothing to explain."""
    spread = outcomes.var(axis=0)
    error = ((outcomes - foretold) ** 2).mean(axis=0)
    varies = spread > np.finfo(float).eps * np.maximum(1.0, outcomes.mean(axis=0) ** 2)
    return np.where(varies, 1.0 - error / np.where(varies, spread, 1.0), 1.0)


def _terms(kind: str, features: Array) -> Array:
    """What a kind of polynomial weighs, shape (runs, terms): factors, products, curves."""
    terms = [features]
    if kind != KINDS[0]:
        one, other = np.triu_indices(features.shape[1])
        terms.append(features[:, one] * features[:, other])
    if kind == KINDS[2]:
        terms += [_bent(features, degree) for degree in BENDS]
    return np.hstack(terms)


@dataclass(frozen=True)
class _Moments:
    """What ridge regression needs of some runs: sums that parts of the data add to."""

    runs: int
    of_terms: Array
    of_outcomes: Array
    squares: Array
    products: Array

    @classmethod
    def of(cls, terms: Array, outcomes: Array) -> _Moments:
        return cls(
            len(terms), terms.sum(axis=0), outcomes.sum(axis=0), terms.T @ terms, terms.T @ outcomes
        )

    def less(self, part: _Moments) -> _Moments:
        return _Moments(
            self.runs - part.runs,
            self.of_terms - part.of_terms,
            self.of_outcomes - part.of_outcomes,
            self.squares - part.squares,
            self.products - part.products,
        )


def _ridge(seen: _Moments) -> tuple[Array, Array]:
    """Weights, shape (penalties, terms, outcomes), and constants, (penalties, outcomes)."""
    centre, mean = seen.of_terms / seen.runs, seen.of_outcomes / seen.runs
    square = seen.squares - seen.runs * np.outer(centre, centre)
    product = seen.products - seen.runs * np.outer(centre, mean)
    weights: Array = np.stack(
        [
            cho_solve(cho_factor(square + penalty * np.eye(len(square))), product)
            for penalty in PENALTIES
        ]
    )
    return weights, mean - centre @ weights


def _polynomial(kind: str, constant: float, weight: Array, width: int) -> Polynomial:
    """Weights of terms in their places."""
    square, bends = np.zeros((width, width)), np.zeros((width, len(BENDS)))
    one, other = np.triu_indices(width)
    if kind != KINDS[0]:
        square[one, other] = weight[width : width + len(one)]
    if kind == KINDS[2]:
        bends = weight[width + len(one) :].reshape(len(BENDS), width).T
    return Polynomial(kind, constant, weight[:width], (square + square.T) / 2.0, bends)
