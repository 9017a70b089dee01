"""What reads an object, by name: made for objects of one shape, it gives `width` numbers for each of a batch.

Which encoder reads a column, and with which options, is the user's to say (`encoders=` of `train`); what is not said
follows the shape of the objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lepton_lab.errors import ColumnError, OptionError, no_such_column, no_such_option
from lepton_lab.networks.efficientnet_lite import EfficientNetConfig, EfficientNetLite
from lepton_lab.networks.history_mean import HistoryMean, HistoryMeanConfig
from lepton_lab.networks.meaning_and_words import MeaningAndWords, MeaningConfig
from lepton_lab.networks.ngram_bag import NgramBag, NgramConfig
from lepton_lab.networks.nhits import NHits, NHitsConfig
from lepton_lab.networks.options import options_json, read_options
from lepton_lab.networks.recurrent import Recurrent, RecurrentConfig
from lepton_lab.networks.rocket import TAPS, Rocket, RocketConfig
from lepton_lab.networks.sasrec import SasRec, SasRecConfig
from lepton_lab.networks.series_transformer import SeriesTransformer, SeriesTransformerConfig
from lepton_lab.networks.small_resnet import SmallResNet, SmallResNetConfig
from lepton_lab.networks.tcn import Tcn, TcnConfig
from lepton_lab.networks.tft import Tft, TftConfig
from lepton_lab.networks.tuned_minilm import AdaptersConfig, FullConfig, adapted_minilm, whole_minilm


@dataclass(frozen=True)
class EncoderKind:
    """One architecture.

    Args:
        module: `(shape, config, *, draw)` to the module that reads a batch of objects.
        config: the class of its frozen options.
        kinds: of columns it reads.
    """

    module: Callable[..., Any]
    config: type[Any]
    kinds: tuple[str, ...]


ENCODERS: dict[str, EncoderKind] = {
    "small_resnet": EncoderKind(SmallResNet, SmallResNetConfig, ("image",)),
    "efficientnet_lite0": EncoderKind(EfficientNetLite, EfficientNetConfig, ("image",)),
    "tcn": EncoderKind(Tcn, TcnConfig, ("series",)),
    "recurrent": EncoderKind(Recurrent, RecurrentConfig, ("series",)),
    "series_transformer": EncoderKind(SeriesTransformer, SeriesTransformerConfig, ("series",)),
    "rocket": EncoderKind(Rocket, RocketConfig, ("series",)),
    "history_mean": EncoderKind(HistoryMean, HistoryMeanConfig, ("items",)),
    "sasrec": EncoderKind(SasRec, SasRecConfig, ("items",)),
    "ngrams": EncoderKind(NgramBag, NgramConfig, ("text",)),
    "minilm": EncoderKind(MeaningAndWords, MeaningConfig, ("text",)),
    "minilm_adapters": EncoderKind(adapted_minilm, AdaptersConfig, ("text",)),
    "minilm_full": EncoderKind(whole_minilm, FullConfig, ("text",)),
    "nhits": EncoderKind(NHits, NHitsConfig, ("series",)),
    "tft": EncoderKind(Tft, TftConfig, ("series",)),
}


@dataclass(frozen=True)
class Encoder:
    """What reads one column.

    Args:
        name: in `ENCODERS`.
        config: its options, all of them.
    """

    name: str
    config: Any

    def to_json(self) -> dict[str, Any]:
        """As a user would ask for it: the name and every option."""
        return {"encoder": self.name, **options_json(self.config)}


def _of_images(shape: tuple[int, ...], longest: int) -> Encoder:
    return Encoder("small_resnet", SmallResNetConfig())


def _of_series(shape: tuple[int, ...], longest: int) -> Encoder:
    """Long series are looked at in wider steps: neighbours say the same, and each step costs time."""
    if longest > LONG_SERIES:
        return Encoder("tcn", TcnConfig(dilations=(1, 2, 4), stride=4))
    return Encoder("tcn", TcnConfig())


def usual_of_few_series(longest: int) -> Encoder:
    """Fixed convolutions, as far apart as the series' steps reach: of few series learned ones learn the noise.

    Args:
        longest: steps of the longest series.
    """
    config = RocketConfig()
    reach = min(longest, config.window)
    dilations = tuple(one for one in config.dilations if (TAPS - 1) * one < reach)
    return Encoder("rocket", replace(config, dilations=dilations or config.dilations[:1]))


def _of_items(shape: tuple[int, ...], longest: int) -> Encoder:
    return Encoder("history_mean", HistoryMeanConfig())


def _of_texts(shape: tuple[int, ...], longest: int) -> Encoder:
    return usual_of_texts("ngrams", 0)


def usual_of_texts(reader: str, n_texts: int) -> Encoder:
    """Of few texts the n-grams share fewer vectors, which are as good and quicker to learn.

    Args:
        reader: a name in `ENCODERS`.
        n_texts: different ones that are learned from.
    """
    config = ENCODERS[reader].config()
    if hasattr(config, "n_buckets"):
        shared = next((by for below, by in SHARED if n_texts < below), 1)
        config = replace(config, n_buckets=config.n_buckets // shared)
    return Encoder(reader, config)


# Steps from which on a series is long.
LONG_SERIES = 128
# Below so many different texts each vector is shared by so many times as many n-grams.
SHARED = ((1000, 16), (4000, 4), (12_000, 2))
USUAL: dict[str, Callable[[tuple[int, ...], int], Encoder]] = {
    "image": _of_images,
    "series": _of_series,
    "items": _of_items,
    "text": _of_texts,
}
"""What reads a column of each kind where nothing is asked: by the shape of one object (0 where it varies) and the
longest first axis."""


def check_encoders(asked: object, kinds: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The encoders that `encoders=` asks for, by column: a name, or options with or without one.

    Args:
        asked: by a column's name, or by a kind for all its columns: `"tcn"`, `{"encoder": "tcn", "channels": 64}` or
            `{"channels": 64}`.
        kinds: of the columns that are read.

    Raises:
        OptionError: it is no dict, or an encoder or an option is not known.
        ColumnError: a column is not there, or holds no objects.
    """
    if not asked:
        return {}
    if not isinstance(asked, Mapping):
        raise OptionError(f"encoders={asked!r} is no dict of columns. For example: encoders={{'scan': 'small_resnet'}}")
    found: dict[str, dict[str, Any]] = {}
    # Kinds first: what is said of a column wins.
    for key, value in sorted(asked.items(), key=lambda pair: str(pair[0]) in kinds):
        for column in _columns(str(key), kinds):
            found[column] = _asked_for(str(key), kinds[column], value)
    return found


def encoder_for(column: str, asked: Mapping[str, Any], usual: Encoder) -> Encoder:
    """What reads a column: as asked, and where nothing is said as usual.

    Raises:
        OptionError: options that do not go together.
    """
    name = asked.get("encoder", usual.name)
    config = usual.config if name == usual.name else ENCODERS[name].config()
    options = {key: value for key, value in asked.items() if key != "encoder"}
    try:
        return Encoder(name, read_options(type(config), _merged(options_json(config), options)))
    except ValueError as error:
        raise OptionError(f"encoders[{column!r}]: {error}.") from None


def _columns(key: str, kinds: Mapping[str, str]) -> list[str]:
    """The columns that a key of `encoders=` speaks of."""
    if key in kinds:
        if kinds[key] not in USUAL:
            raise ColumnError(
                f"encoders names {key!r}, which is {kinds[key]}. Only columns of objects ({', '.join(USUAL)}) have an "
                "encoder. Leave it out of encoders."
            )
        return [key]
    if key in USUAL:
        found = [column for column, kind in kinds.items() if kind == key]
        if not found:
            raise ColumnError(f"encoders names the kind {key!r}, and no input column is of it.")
        return found
    raise no_such_column(key, [*[column for column, kind in kinds.items() if kind in USUAL], *USUAL], where="encoders")


def _asked_for(key: str, kind: str, value: object) -> dict[str, Any]:
    """One entry of `encoders=` as a dict, looked through before anything is trained."""
    options = {"encoder": value} if isinstance(value, str) else value
    if not isinstance(options, Mapping):
        raise OptionError(
            f"encoders[{key!r}]={value!r} is no encoder's name and no dict. "
            f"For example: {{'encoder': 'tcn', 'channels': 64}}"
        )
    names = [name for name, one in ENCODERS.items() if kind in one.kinds]
    name = options.get("encoder", USUAL[kind]((0, 0, 0), 0).name)
    if name not in names:
        raise no_such_option(f"encoders[{key!r}]", name, names)
    plain = {str(option): one for option, one in options.items()}
    try:
        read_options(ENCODERS[name].config, {option: one for option, one in plain.items() if option != "encoder"})
    except ValueError as error:
        raise OptionError(f"encoders[{key!r}], {name}: {error}.") from None
    return plain


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Options over others, within nested ones too."""
    both = {
        name: _merged(base[name], value) if isinstance(value, Mapping) and isinstance(base.get(name), dict) else value
        for name, value in over.items()
    }
    return {**base, **both}
