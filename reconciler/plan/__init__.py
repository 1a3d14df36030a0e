"""DECIDED: wanted and observed meet here and become a plan. Pure: no clock, no log, no chance."""
