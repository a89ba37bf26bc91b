"""Declared values: their form is checked, their paths follow closed forms, their range is law."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from transition_model.calendar import Month
from transition_model.declared import Status, read_toml, worst
from transition_model.errors import InputError
from transition_model.parameters import (
    Parameter,
    ParameterSet,
    ParameterValues,
    check_units,
    load_parameters,
)

HEAD = """
[price]
label_en = "Price"
label_zh = "价格"
unit = "{unit}"
low = {low}
high = {high}
status = "{status}"
source = "{source}"
"""
DEFAULTS = {"unit": "yuan", "low": "0.5", "high": "2.0", "status": "rule", "source": "a law"}

Declare = Callable[..., Parameter]


@pytest.fixture
def declare(tmp_path: Path) -> Declare:
    """Write one parameter into a file of its own and load it."""

    def declared(form: str, **changes: str) -> Parameter:
        (tmp_path / "own.toml").write_text(HEAD.format(**(DEFAULTS | changes)) + form, "utf-8")
        return load_parameters(tmp_path)["price"]

    return declared


def path(years: dict[int, float], interpolation: str) -> Parameter:
    return Parameter(
        id="price",
        label_en="Price",
        label_zh="价格",
        unit="yuan",
        years=years,
        interpolation=interpolation,  # type: ignore[arg-type]
        low=0.5,
        high=2.0,
        status=Status.ASSUMED,
        source="judgement",
    )


YEARS = st.dictionaries(
    st.integers(min_value=2000, max_value=2040),
    st.floats(min_value=-1e6, max_value=1e6),
    min_size=1,
    max_size=6,
)
MONTHS = st.integers(min_value=1990 * 12, max_value=2050 * 12).map(Month)
FACTORS = st.floats(min_value=0.5, max_value=2.0)


# ---------------------------------------------------------------------------- paths


@given(YEARS, MONTHS, FACTORS)
def test_a_step_path_holds_each_value_from_its_january_to_the_next_knot(
    years: dict[int, float], month: Month, factor: float
) -> None:
    begun = [year for year in years if year <= month.year]
    expected = years[max(begun) if begun else min(years)]
    assert path(years, "step").at(month, factor) == pytest.approx(expected * factor)


@given(YEARS, MONTHS, FACTORS)
def test_a_linear_path_joins_the_years_beginnings_and_is_held_outside(
    years: dict[int, float], month: Month, factor: float
) -> None:
    knots = sorted(years)
    expected = np.interp(month.index / 12, knots, [years[year] for year in knots])
    assert path(years, "linear").at(month, factor) == pytest.approx(
        expected * factor, rel=1e-9, abs=1e-6
    )


def test_a_linear_path_is_halfway_in_july() -> None:
    prices = path({2020: 10.0, 2022: 20.0}, "linear")
    assert prices.at(Month.parse("2019-12"), 1.0) == 10.0
    assert prices.at(Month.parse("2020-01"), 1.0) == 10.0
    assert prices.at(Month.parse("2020-07"), 1.0) == pytest.approx(12.5)
    assert prices.at(Month.parse("2021-01"), 1.0) == pytest.approx(15.0)
    assert prices.at(Month.parse("2022-01"), 1.0) == pytest.approx(20.0)
    assert prices.at(Month.parse("2027-12"), 1.0) == pytest.approx(20.0)


def test_a_step_path_changes_in_january() -> None:
    index = path({2020: 1.0, 2021: 1.05, 2024: 0.88}, "step")
    months = ("2019-06", "2020-12", "2021-01", "2023-12", "2024-01", "2030-01")
    values = [index.at(Month.parse(month), 1.0) for month in months]
    assert values == [1.0, 1.0, 1.05, 1.05, 0.88, 0.88]


def test_a_path_of_tables_moves_each_class_by_itself(declare: Declare) -> None:
    grades = declare(
        'over = ["grade"]\n'
        "years = { 2020 = { grade_1 = 4.0, grade_2 = 2.0, lower_grade = 1.0 }, "
        "2024 = { lower_grade = 1.0, grade_2 = 4.0, grade_1 = 8.0 } }"
    )
    assert_allclose(grades.at(Month.parse("2022-01"), 1.0), [6.0, 3.0, 1.0])
    assert_allclose(grades.at(Month.parse("2030-01"), 0.5), [4.0, 2.0, 0.5])


def test_a_path_without_a_month_is_refused() -> None:
    with pytest.raises(InputError, match=r"parameter price: read None.*month"):
        path({2020: 1.0}, "step").at(None, 1.0)


# ---------------------------------------------------------------------------- tables


def test_a_table_stands_in_the_order_of_its_dimensions_not_of_the_file(declare: Declare) -> None:
    shares = declare(
        'over = ["grade"]\ntable = { lower_grade = 0.45, grade_1 = 0.25, grade_2 = 0.3 }'
    )
    assert_array_equal(shares.at(None, 1.0), [0.25, 0.3, 0.45])
    assert_allclose(shares.at(None, 2.0), [0.5, 0.6, 0.9])


def test_a_table_over_two_dimensions_has_two_axes(declare: Declare) -> None:
    rows = [
        f"{kind} = {{ grade_1 = {10 * place + 1}.0, grade_2 = {10 * place + 2}.0, "
        f"lower_grade = {10 * place + 3}.0 }}"
        for place, kind in enumerate(
            ("air_conditioner", "refrigerator", "washing_machine", "television")
        )
    ]
    prices = declare(f'over = ["appliance", "grade"]\ntable = {{ {", ".join(rows)} }}')
    table = np.asarray(prices.at(None, 1.0))
    assert table.shape == (4, 3)
    assert_array_equal(table[:, 0], [1.0, 11.0, 21.0, 31.0])
    assert_array_equal(table[3], [31.0, 32.0, 33.0])


# ---------------------------------------------------------------------------- refused forms

ONE_FORM = "exactly one of value, table, years"


@pytest.mark.parametrize(
    ("form", "changes", "words"),
    [
        ("", {}, ONE_FORM),
        ("value = 1.0\nyears = { 2020 = 1.0 }", {}, ONE_FORM),
        ("value = 3.0", {}, "low <= 3.0 <= high, read low 0.5, high 2.0"),
        ("value = nan", {}, "nan"),
        ("value = inf", {}, "inf"),
        ("years = { 2020 = 5.0 }", {"high": "0.9"}, "low <= 1.0"),
        ("value = 1.0", {"status": "guessed"}, "status: read 'guessed'.*observed"),
        ("value = 1.0", {"source": ""}, "source"),
        ("value = 1.0\nweight = 3.0", {}, "weight"),
        ('value = 1.0\neffective_from = "2020-13"', {}, "2020-13"),
        ('value = 1.0\ndistribution = "gamma"', {}, "distribution"),
        ('years = { 2020 = 1.0 }\ninterpolation = "cubic"', {}, "interpolation"),
        ("table = { grade_1 = 1.0 }", {}, "over"),
        ('over = ["grade"]\ntable = { grade_1 = 1.0, grade_2 = 1.0 }', {}, "lower_grade"),
        (
            'over = ["grade"]\n'
            "table = { grade_1 = 1.0, grade_2 = 1.0, lower_grade = 1.0, grade_9 = 1.0 }",
            {},
            "grade_9",
        ),
        ('over = ["colour"]\ntable = { red = 1.0 }', {}, "colour"),
        ('over = ["grade"]\nyears = { 2020 = 1.0 }', {}, "grade"),
        (
            'over = ["grade", "appliance"]\n'
            "table = { grade_1 = 1.0, grade_2 = 1.0, lower_grade = 1.0 }",
            {},
            "appliance",
        ),
        ('value = "many"', {}, "many"),
        ("value = { low = 1.0 }", {}, "value"),
    ],
)
def test_a_wrong_declaration_is_refused_with_file_and_parameter(
    declare: Declare, form: str, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words) as problem:
        declare(form, **changes)
    assert problem.value.where.startswith("own.toml: price")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    "form",
    [
        'value = "1.5"',
        "value = true",
        'over = ["grade"]\ntable = { grade_1 = nan, grade_2 = 1.0, lower_grade = 1.0 }',
        "years = {}",
        'value = 1.0\nover = ["grade"]',
        'over = ["grade"]\n'
        "table = { grade_1 = { a = 1.0 }, grade_2 = { a = 1.0 }, lower_grade = { a = 1.0 } }",
    ],
    ids=["text", "truth", "not a number", "no years", "value over", "deeper than its dimensions"],
)
def test_a_declaration_that_would_be_misread_is_refused(declare: Declare, form: str) -> None:
    with pytest.raises(InputError):
        declare(form)


def test_a_parameter_is_declared_once(tmp_path: Path) -> None:
    text = HEAD.format(**DEFAULTS) + "value = 1.0"
    for name in ("first.toml", "second.toml"):
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"second.toml: price.*declared once"):
        load_parameters(tmp_path)


def test_a_file_that_is_no_table_of_parameters_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("price = 3.0", "utf-8")
    with pytest.raises(InputError, match=r"own.toml: price: read 3.0.*a table with .*unit"):
        load_parameters(tmp_path)


def test_a_folder_without_parameter_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)):
        load_parameters(tmp_path)


def test_an_unknown_unit_names_its_parameter(declare: Declare) -> None:
    parameter = declare("value = 1.0", unit="bananas")
    with pytest.raises(InputError, match="parameter price: read 'bananas'"):
        check_units(ParameterSet({"price": parameter}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[price\n", "line 1"),
        (b'label = "caf\xe9"', "UTF-8"),
        (b"a = 1\na = 2\n", "line 2"),
    ],
)
def test_a_broken_file_is_refused_with_its_path(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "broken.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=words) as problem:
        read_toml(file)
    assert problem.value.where == str(file)


def test_a_missing_file_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing.toml: read 'no such file'"):
        read_toml(tmp_path / "missing.toml")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)):
        read_toml(tmp_path)


# ---------------------------------------------------------------------------- values of a run


@pytest.fixture(scope="module")
def declared() -> ParameterSet:
    return load_parameters()


def test_an_override_replaces_a_constant(declared: ParameterSet) -> None:
    parameter = declared["car_survival_scale"]
    assert ParameterValues(declared, {}).scalar(parameter.id) == parameter.value
    values = ParameterValues(declared, {parameter.id: parameter.high})
    assert values.scalar(parameter.id) == parameter.high != parameter.value


def test_an_override_of_a_table_or_path_is_a_factor(declared: ParameterSet) -> None:
    month = Month.parse("2023-05")
    plain, raised = (
        ParameterValues(declared, overrides)
        for overrides in ({}, {"appliance_price": 1.1, "income_index": 0.96})
    )
    assert_allclose(raised.array("appliance_price"), 1.1 * plain.array("appliance_price"))
    assert raised.scalar("income_index", month) == pytest.approx(
        0.96 * plain.scalar("income_index", month)
    )
    assert_allclose(raised.array("car_range", month), plain.array("car_range", month))


def test_an_override_may_be_a_whole_number(declared: ParameterSet) -> None:
    assert (
        ParameterValues(declared, {"running_cost_horizon": 7}).scalar("running_cost_horizon") == 7
    )


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_an_override_is_taken_exactly_when_it_lies_within_the_range(number: float) -> None:
    declared = load_parameters()
    parameter = declared["car_survival_scale"]
    if parameter.low <= number <= parameter.high:
        assert ParameterValues(declared, {parameter.id: number})[parameter.id] == number
    else:
        with pytest.raises(
            InputError, match=rf"{parameter.id}: .*{parameter.low:g} to {parameter.high:g} year"
        ):
            ParameterValues(declared, {parameter.id: number})


def test_both_ends_of_a_range_belong_to_it(declared: ParameterSet) -> None:
    for parameter in declared:
        for number in (parameter.low, parameter.central, parameter.high):
            declared.check_override(parameter.id, number)
    scale = declared["car_survival_scale"]
    for number in (np.nextafter(scale.low, 0.0), np.nextafter(scale.high, 99.0)):
        with pytest.raises(InputError, match="here car_survival_scale: read"):
            declared.check_override(scale.id, float(number), "here")


def test_the_range_of_a_table_counts_in_multiples_of_what_is_declared(
    declared: ParameterSet,
) -> None:
    price = declared["appliance_price"]
    assert price.central == 1.0
    with pytest.raises(InputError, match=f"{price.low:g} to {price.high:g} times the declared"):
        declared.check_override("appliance_price", 2.0 * price.high)


def test_a_mistyped_parameter_is_answered_with_the_nearest(declared: ParameterSet) -> None:
    with pytest.raises(InputError, match=r"car_survival_scal.*car_survival_scale"):
        ParameterValues(declared, {"car_survival_scal": 16.0})
    with pytest.raises(InputError, match=r"car_survival_scal.*car_survival_scale"):
        ParameterValues(declared, {})["car_survival_scal"]
    with pytest.raises(InputError, match="list parameters"):
        declared["zzzzzz"]
    assert "car_survival_scale" in declared
    assert "zzzzzz" not in declared


def test_every_declared_parameter_has_a_central_run(declared: ParameterSet) -> None:
    values = ParameterValues(declared, {})
    for parameter in declared:
        for month in (Month.parse("2020-01"), Month.parse("2027-12")):
            number = np.asarray(values.at(parameter.id, month))
            assert np.isfinite(number).all(), parameter.id
            assert number.ndim == len(parameter.over), parameter.id
        assert parameter.label_en
        assert parameter.label_zh


# ---------------------------------------------------------------------------- status


def test_a_result_is_known_as_badly_as_the_worst_that_it_rests_on() -> None:
    assert worst(iter([Status.RULE, Status.ESTIMATED, Status.OBSERVED])) is Status.ESTIMATED
    assert worst(iter([Status.LITERATURE, Status.ASSUMED])) is Status.ASSUMED
    assert worst(iter([])) is Status.OBSERVED


def test_statuses_are_ranked_from_observed_to_assumed() -> None:
    ranked = sorted(Status, key=lambda status: status.rank)
    assert [str(status) for status in ranked] == [
        "observed", "rule", "literature", "estimated", "assumed"
    ]  # fmt: skip


@given(YEARS, MONTHS)
def test_a_path_does_not_depend_on_the_order_in_which_its_years_are_written(
    years: dict[int, float], month: Month
) -> None:
    backwards = dict(reversed(years.items()))
    assert path(years, "linear").at(month, 1.0) == path(backwards, "linear").at(month, 1.0)
