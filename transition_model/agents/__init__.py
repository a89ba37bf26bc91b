"""Agents of the model: columnar sets that Mesa sees as agent sets, and what they decide."""
