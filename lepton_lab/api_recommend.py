"""The verb that recommends: which items each user will want next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.environment import model_in

if TYPE_CHECKING:
    import pandas

    from lepton_lab.trained import TrainedModel


def recommend(
    model: TrainedModel,
    df: Any,
    *,
    n: int = 10,
    users: Any = None,
    exclude_seen: bool | None = None,
    items: Any = None,
    reasons: int = 0,
) -> pandas.DataFrame:
    """The items that each user is likeliest to want next, the likeliest first.

    Args:
        model: Trained with `reshape=ll.reshape.histories(...)`, or on rows with a column of lists of items.
        df: The events so far, as for training: each user's next item is predicted. Or rows with such a column, one
            for each who is recommended to; a history of None is a newcomer's. Users and items that the model has never
            seen are read as unknown ones.
        n: Items for each user.
        users: To whom; one or a list. All users in the frame if left out.
        exclude_seen: Whether what a user has had is left out. If left out the model decides by what it learned from:
            films are watched once, milk is bought again.
        items: Items that the model has never seen, one a row, with the columns of items that it has learned from
            (`item_columns` of `histories`): they are ranked, too, by what they are like.
        reasons: Reasons for each recommendation, at most: what its logit would lose if an earlier item, a column of the
            user or one of the item were not known. The model is asked once for each of these, so ask for few users.

    Returns:
        A frame with `user`, `rank` from 1, `item`, `score`: the chance that it is the next one; with `reasons` also
        `because_1`, `because_2`, ...: each in words, with its effect on the logit.

    Raises:
        OptionError: The model ranks no items, or a user is not in the frame.
        SchemaMismatchError: The frame is not like the one trained on.

    Example:
        >>> ll.recommend(model, events, n=5, users=[196], reasons=3)  # doctest: +SKIP
    """
    from lepton_lab.evaluation.recommended import recommended

    return recommended(model_in(model), df, n=n, users=users, exclude_seen=exclude_seen, items=items, reasons=reasons)
