"""A frame with messages, of which one word decides."""

import numpy as np
import pandas as pd

SENTENCE = "the my card bank money phone please today help need want with account still transfer there about"
WORDS = SENTENCE.split()


def messages(n: int, seed: int = 0) -> pd.DataFrame:
    """Shuffled words; `refund` among them makes the target true, and the age says a little."""
    draw = np.random.default_rng(seed)
    wants = draw.random(n) < 0.4
    texts = [" ".join(draw.permutation([*draw.permutation(WORDS)[:7], *(["refund"] if one else [])])) for one in wants]
    age = draw.normal(50, 10, n) + 4 * wants
    return pd.DataFrame({"message": texts, "age": age, "refunded": np.where(wants, "yes", "no")})
