"""What all figures share: paper, fonts, words in both languages, and the file.

Figures are made as objects, without the state that pyplot keeps, so that several may be drawn at
once and nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from transition_model.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

type Language = Literal["en", "zh"]

BLUE, GREEN, RED, GREY, ORANGE = "#1b6ca8", "#2a9d5c", "#c1440e", "#8c8c8c", "#e09f3e"
COLOURS = (BLUE, ORANGE, GREEN, RED, "#7b5ea7", GREY)
"""Of what stands side by side, in this order."""

CHINESE_FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei")
"""Fonts with Chinese characters, the first of which that is installed is taken."""

ENDINGS = (".svg", ".png")
DOTS_PER_INCH = 150
ROW_HEIGHT = 0.24
"""Inches of paper for a row of a chart with a row an outcome."""


@contextmanager
def drawn(path: Path, width: float, height: float, language: Language = "en") -> Iterator[Figure]:
    """A figure to draw on, written to the file in the end.

    Parameters
    ----------
    path
        Ends in ``.svg`` or ``.png``.
    width, height
        Inches.
    language
        Of its words; Chinese in a PNG needs a font with Chinese characters.

    Raises
    ------
    InputError
        If the ending is another, the file can't be written, or there is no such font.
    """
    import warnings

    from matplotlib import rc_context
    from matplotlib.figure import Figure

    check_ending(path)
    with rc_context(_settings(path, language)), warnings.catch_warnings():
        # The words of an SVG stay text: who looks at it has the font, if not who wrote it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        metadata: dict[str, Any] = {"Date": None} if path.suffix == ".svg" else {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=DOTS_PER_INCH, metadata=metadata)
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise InputError(
                "figure", str(path), f"a file that can be written ({reason})"
            ) from None


def check_ending(path: Path) -> None:
    """Refuse a file that figures are not written to, before anything is worked out.

    Raises
    ------
    InputError
        Naming the endings.
    """
    if path.suffix not in ENDINGS:
        raise InputError("figure", str(path), f"a file ending in {' or '.join(ENDINGS)}")


def in_words(language: Language, english: str, chinese: str) -> str:
    """The words of a language; English where there are none in Chinese."""
    return (chinese or english) if language == "zh" else english


def plain(axes: Any) -> None:
    """Take away the frame's top and right, which say nothing."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _settings(path: Path, language: Language) -> Any:
    settings: dict[str, Any] = {
        "font.size": 8.0, "svg.hashsalt": "chongqing", "svg.fonttype": "none",
        "axes.unicode_minus": False,
    }  # fmt: skip
    if language == "zh":
        installed = _installed_fonts()
        font = next((name for name in CHINESE_FONTS if name in installed), None)
        if font is None and path.suffix == ".png":
            allowed = f"an SVG, or one of the fonts {', '.join(CHINESE_FONTS)} installed"
            raise InputError("language", "zh, in a PNG", allowed)
        if font is not None:
            settings |= {"font.family": [font, "sans-serif"]}
    return settings


def _installed_fonts() -> set[str]:
    """Names of fonts, with those that were installed after matplotlib made its list."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {font.name for font in fontManager.ttflist}
    if not known & set(CHINESE_FONTS):
        listed = {font.fname for font in fontManager.ttflist}
        for file in sorted(set(findSystemFonts()) - listed):
            with suppress(OSError, RuntimeError):  # A file that is no font.
                fontManager.addfont(file)
    return {font.name for font in fontManager.ttflist}
