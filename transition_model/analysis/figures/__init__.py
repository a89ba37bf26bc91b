"""Figures of the analyses: one function each, which writes an SVG or a PNG."""
