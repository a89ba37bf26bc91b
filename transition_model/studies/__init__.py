"""Studies: many runs that a file asks for, in the words of the EMA Workbench.

A study varies *levers*, which policy may move, and *uncertainties*, which it may not (parameters
with their declared distributions, rival submodels, and luck), holds *constants*, records
*outcomes*, and says by which *design* the points are chosen.
"""

from transition_model.studies.design import points_of
from transition_model.studies.factors import Factor
from transition_model.studies.plan import RunPlan
from transition_model.studies.study import Study

__all__ = ["Factor", "RunPlan", "Study", "points_of"]
