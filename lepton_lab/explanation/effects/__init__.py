"""How the output moves with one column: partial dependence, ICE, accumulated effects, every column of one row."""
