"""Counterfactuals: the smallest changes of a row that lead to another prediction.

goal       what is to be reached, as half-spaces in link space
values     which values occur, and which of them are allowed
distance   how far an alternative is, and how likely it looks; pairs: what goes together
space      the states of a search: which column takes which value
proposals  where the network's gradient sends a row
search     add, undo, pull back, by the whole model's answers; select: which states to show
check      the real model's last word
find       all of it, in order
result     what comes back
"""
