"""Study files: what is varied, what is held, what is recorded, and by which design.

.. code-block:: toml

    name = "plan under uncertainty"
    base = "plan"                     # scenario that the levers are moved in
    households = 2000
    replications = 2                  # seeds a point; the same ones for every point

    [design]
    method = "latin_hypercube"        # full_factorial, sobol, morris, scenarios, list
    points = 5000

    [levers.sorting_supervision]      # low and high, or values; the lever's own range by default
    low = 0.3
    high = 0.9
    from = "2026-01"

    [uncertainties]
    all_parameters = false            # true: all that have a range, beside those named

    [uncertainties.parameters]        # {} takes range and distribution from the declaration
    price_coefficient = {}
    car_survival_scale = { low = 15.0, high = 17.0, distribution = "uniform" }

    [uncertainties.structures]
    car_choice = ["familiarity_logit", "bass"]

    [constants]
    trade_in_budget = 60

    [outcomes]
    targets = "all"                   # or "headline", or a list of ids
    series = ["new_car_sales_per_month"]
    months = ["2025-12", "2027-12"]

    [search]                          # the question asked backwards: :mod:`.analysis.search`
    targets = "headline"
    probability = 0.8                 # of meeting all of them in the same run
    costs = ["public_money", "effort"]

    [attribution.groups]              # measures by group: :mod:`.analysis.attribution`
    trade_in = [24]
    prices = { measures = [31], label_en = "Prices", label_zh = "价格政策" }
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from transition_model.calendar import Month
from transition_model.declared import first_problem, read_toml
from transition_model.errors import InputError
from transition_model.levers import PLAN_START, lever
from transition_model.parameters import load_parameters
from transition_model.plan import load_plan
from transition_model.results import checked_name
from transition_model.scenario import Scenario
from transition_model.scoreboard import TARGET_MONTH
from transition_model.structures import check_choice
from transition_model.studies.factors import Distribution, Factor

type Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
type Numbers = tuple[float, ...]

MOST_RUNS = 10_000_000
"""More runs than this are a mistake: they would take weeks."""


class _Table(BaseModel):
    """A table of a study file; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Design(_Table):
    """How points are chosen.

    Attributes
    ----------
    method
        ``full_factorial`` (``levels`` numbers of each factor, all choices), ``latin_hypercube``
        (``points``), ``sobol`` (Saltelli's scheme over ``points``, a power of 2), ``morris``
        (``points`` trajectories over ``levels``), ``scenarios`` (those named), ``list`` (the rows
        of ``file``, CSV with a column a factor).
    points, levels, seed
        As the method needs; the seed of the design, not of the runs.
    second_order
        Whether Saltelli's scheme also tells interactions of pairs.
    scenarios
        Names or files.
    file
        Beside the study file.
    """

    method: Literal["full_factorial", "latin_hypercube", "sobol", "morris", "scenarios", "list"]
    points: Annotated[int, Field(ge=1)] = 1
    levels: Annotated[int, Field(ge=2)] = 4
    seed: Annotated[int, Field(ge=0)] = 0
    second_order: bool = False
    scenarios: tuple[Text, ...] = ()
    file: Text | None = None


class LeverRange(_Table):
    """Where a lever may stand; its declared range by default."""

    low: float | None = None
    high: float | None = None
    values: Annotated[Numbers, Field(min_length=1)] | None = None
    start: Annotated[str | None, Field(alias="from")] = None


class ParameterRange(_Table):
    """What a parameter may be; as declared by default."""

    low: float | None = None
    high: float | None = None
    distribution: Distribution | None = None


class Uncertainties(_Table):
    """What nobody can choose.

    Attributes
    ----------
    all_parameters
        Whether every parameter varies that has a range and is no constant of the study.
    parameters, structures
        Those that vary, or whose range is another than the declared one; and rivals.
    """

    all_parameters: bool = False
    parameters: dict[str, ParameterRange] = {}
    structures: dict[str, Annotated[tuple[str, ...], Field(min_length=2)]] = {}


class Outcomes(_Table):
    """What is looked at; all series of a run are kept, whatever stands here."""

    targets: Literal["all", "headline"] | tuple[str, ...] = "all"
    series: tuple[str, ...] = ()
    months: Annotated[tuple[str, ...], Field(min_length=1)] = ("2027-12",)


class Search(_Table):
    """What is looked for among the levers' ranges, and how many runs that may take.

    Attributes
    ----------
    targets
        ``headline``, ``all``, or ids of those that all have to be met in the same run.
    probability
        With which they have to be, over uncertainties and luck.
    costs
        What is to be small; the first one decides what is cheapest. ``public_money``, ``effort``,
        or a series in a month, ``SERIES@YYYY-MM``.
    runs
        At most so many, the design's points among them.
    draws
        Runs that verify a candidate, each with an uncertain future and a seed of its own.
    candidates
        Lever sets that are verified in a round.
    """

    targets: Literal["all", "headline"] | Annotated[tuple[str, ...], Field(min_length=1)] = (
        "headline"
    )
    probability: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8
    costs: Annotated[tuple[str, ...], Field(min_length=1)] = ("public_money", "effort")
    runs: Annotated[int, Field(ge=1)] = 3_000
    draws: Annotated[int, Field(ge=10)] = 100
    candidates: Annotated[int, Field(ge=1)] = 4


class MeasureGroup(_Table):
    """Measures that are switched together.

    Attributes
    ----------
    measures
        Their numbers in the plan.
    label_en, label_zh
        What tables and figures call them; the id and the numbers otherwise.
    """

    measures: Annotated[tuple[int, ...], Field(min_length=1)]
    label_en: str = ""
    label_zh: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_numbers(cls, value: Any) -> Any:
        """A bare list is that of the measures."""
        return {"measures": value} if isinstance(value, list | tuple) else value


class Attribution(_Table):
    """Whose part of the plan's effect is asked for.

    Attributes
    ----------
    groups
        Measures by group, a list of numbers or a table with labels; the plan's actions if none.
    exact_up_to
        So many groups are combined in all ways; orders of more of them are drawn.
    orders
        How many are drawn, an even number: each is followed by its reverse.
    """

    groups: dict[str, MeasureGroup] = {}
    exact_up_to: Annotated[int, Field(ge=1, le=12)] = 7
    orders: Annotated[int, Field(ge=4, multiple_of=2)] = 16


class Study(_Table):
    """A study.

    Attributes
    ----------
    name, description_en, description_zh
        What it is called and what it asks.
    base
        Scenario that the points change.
    households, end
        Size and last month of every run.
    replications, first_seed
        Seeds a point: the same luck for every point.
    design, levers, uncertainties, constants, outcomes, search, attribution
        See the module's head.
    folder
        Where the file stands, for files that it names.
    """

    name: Text
    description_en: str = ""
    description_zh: str = ""
    base: Text = "plan"
    households: Annotated[int, Field(ge=1)] = 2_000
    end: str = "2027-12"
    replications: Annotated[int, Field(ge=1)] = 1
    first_seed: Annotated[int, Field(ge=0)] = 1
    design: Design
    levers: dict[str, LeverRange] = {}
    uncertainties: Uncertainties = Uncertainties()
    constants: dict[str, float | str] = {}
    outcomes: Outcomes = Outcomes()
    search: Search = Search()
    attribution: Attribution = Attribution()
    folder: Path = Path()

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read and check a study file.

        Raises
        ------
        InputError
            If the file can't be read, or something in it is unknown or out of range: naming file
            and key, what was read and what is allowed.
        """
        file = Path(path)
        content = read_toml(file)
        try:
            study = cls.model_validate({"folder": file.parent, **content})
        except ValidationError as problem:
            key, read, allowed = first_problem(problem)
            raise InputError(f"{file.name}: {key}", read, _allowed(problem, allowed)) from None
        try:
            study.check()
        except InputError as problem:
            raise InputError(
                f"{file.name}: {problem.where}", problem.read, problem.allowed
            ) from None
        return study

    def check(self) -> None:
        """Refuse what does not exist or can't be run, before anything is run.

        Raises
        ------
        InputError
            Naming the key.
        """
        if Month.parse(self.end, "end") < TARGET_MONTH and self.target_ids:
            raise InputError("end", self.end, f"{TARGET_MONTH}, or targets = []")
        for name in self.target_ids:
            _known_target(name)
        for name in self.searched_ids:
            _known_target(name, "search.targets")
        for name in self.outcomes.series:
            checked_name(name)
        for month in self.outcomes.months if self.outcomes.series else ():
            if Month.parse(month, "outcomes.months") > Month.parse(self.end):
                raise InputError("outcomes.months", month, f"months up to the end, {self.end}")
        doubled = {factor.id for factor in self.factors} & {
            key.rpartition(".")[2] for key in self.constants
        }
        for name in sorted(doubled):
            raise InputError(f"constants.{name}", name, "what no factor of the study varies")
        _ = self.scenario
        if self.design.method != "scenarios" and not self.factors:
            raise InputError(
                "design", "no lever and no uncertainty", "at least one factor that varies"
            )
        if self.design.method == "scenarios" and not self.design.scenarios:
            raise InputError("design.scenarios", "none", "at least one scenario")
        if self.design.method == "list" and self.design.file is None:
            raise InputError("design.file", "none", "a CSV file beside the study")

    @property
    def scenario(self) -> Scenario:
        """The base with the constants.

        Raises
        ------
        InputError
            If the base or a constant is unknown, or out of range.
        """
        return Scenario.load(self.base).replace(self.constants)

    @property
    def target_ids(self) -> tuple[str, ...]:
        """Ids of the targets that are looked at."""
        return _targets_named(self.outcomes.targets)

    @property
    def searched_ids(self) -> tuple[str, ...]:
        """Ids of the targets that a search has to meet."""
        return _targets_named(self.search.targets)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Levers, parameters and structures that vary, in the order of the file.

        Raises
        ------
        InputError
            If one is unknown, or its range leaves the declared one.
        """
        return (
            *(_lever_factor(name, entry) for name, entry in self.levers.items()),
            *(_parameter_factor(n, entry) for n, entry in self._parameter_ranges.items()),
            *(_structure_factor(n, rivals) for n, rivals in self.uncertainties.structures.items()),
        )

    @property
    def _parameter_ranges(self) -> dict[str, ParameterRange]:
        named = self.uncertainties.parameters
        if not self.uncertainties.all_parameters:
            return named
        others = (p.id for p in load_parameters() if p.distribution != "fixed" and p.low < p.high)
        held = self.constants.keys() | named.keys()
        return named | {name: ParameterRange() for name in others if name not in held}

    @property
    def seeds(self) -> range:
        """Seeds of every point."""
        return range(self.first_seed, self.first_seed + self.replications)


def _allowed(problem: ValidationError, allowed: str) -> str:
    """For an unknown key, the keys that there are."""
    error: Any = problem.errors()[0]
    if error["type"] != "extra_forbidden":
        return allowed
    table: type[BaseModel] = Study
    path = [str(part) for part in error["loc"][:-1]]
    kinds: dict[str, type[BaseModel]] = {
        "design": Design, "levers": LeverRange, "uncertainties": Uncertainties,
        "parameters": ParameterRange, "outcomes": Outcomes, "search": Search,
        "attribution": Attribution,
    }  # fmt: skip
    for part in path:
        table = kinds.get(part, table)
    keys = [field.alias or name for name, field in table.model_fields.items() if name != "folder"]
    return f"one of {', '.join(keys)}"


def _targets_named(choice: Literal["all", "headline"] | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(choice, tuple):
        return choice
    headline = choice == "headline"
    return tuple(t.id for t in load_plan().targets if t.headline or not headline)


def _known_target(name: str, where: str = "outcomes.targets") -> None:
    known = [target.id for target in load_plan().targets]
    if name not in known:
        raise InputError(where, name, "a target (transition-model list targets)")


def _lever_factor(identifier: str, entry: LeverRange) -> Factor:
    where = f"levers.{identifier}"
    declared = lever(identifier, where)
    low = declared.low if entry.low is None else entry.low
    high = declared.high if entry.high is None else entry.high
    for value in entry.values or (low, high):
        declared.check(value, where)
    _ordered(where, low, high)
    start = PLAN_START if entry.start is None else Month.parse(entry.start, f"{where}.from")
    return Factor(
        identifier, "lever", low, high, (low + high) / 2.0, "uniform", declared.unit,
        entry.values or (), start,
    )  # fmt: skip


def _parameter_factor(identifier: str, entry: ParameterRange) -> Factor:
    where = f"uncertainties.parameters.{identifier}"
    declared = load_parameters()[identifier]
    low = declared.low if entry.low is None else entry.low
    high = declared.high if entry.high is None else entry.high
    for value in (low, high):
        load_parameters().check_override(identifier, value, where)
    _ordered(where, low, high)
    distribution = entry.distribution or declared.distribution
    if distribution in ("lognormal", "loguniform") and low <= 0.0:
        raise InputError(f"{where}.low", low, f"a number above 0, for {distribution}")
    central = min(max(declared.central, low), high)
    unit = declared.unit if declared.value is not None else "times the declared values"
    return Factor(identifier, "parameter", low, high, central, distribution, unit)


def _structure_factor(identifier: str, rivals: tuple[str, ...]) -> Factor:
    for rival in rivals:
        check_choice(identifier, rival, "uncertainties.structures")
    return Factor(identifier, "structure", choices=rivals)


def _ordered(where: str, low: float, high: float) -> None:
    if not low <= high:
        raise InputError(f"{where}.low", low, f"at most high, {high}")
