"""The additive first layer of any JAX function, found in its trace.

program    a function traced at one row, as a flat list of steps, and how to run some of them
owners     the one column that each element of an array depends on
split      where sums over columns end and the rest of the function begins
form       the function as project, bias and rest, checked against the function itself
"""
