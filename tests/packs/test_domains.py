"""A domain chooses what the user left open, says so, and refuses frames that lack its columns by what they mean."""

from __future__ import annotations

import json

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.errors import ColumnError, OptionError
from lepton_lab.fitting.asked import Asked
from lepton_lab.packs import DOMAINS, Domain, Needed, domain_of
from lepton_lab.packs.choose import with_domain
from lepton_lab.packs.listed import lines_to_type

FARM = Domain(
    name="farm",
    title="Farm",
    metric="brier",
    targets=("sick", "ill"),
    target_means="whether the animal fell ill",
    columns=(
        Needed("weight", "of the animal, in kg", ("kg",), must=True),
        Needed("day", "when it was looked at", ("date",)),
    ),
    split="time:{day}",
    show={"alerts": {"cost": "{weight}"}, "later": {"when": "{day}"}},
    immutable=("breed",),
)
FRAME = {"KG": [1.0, 2.0], "Breed": ["a", "b"], "ill": [0, 1]}


def asked_of(df: object, domain: Domain = FARM, **given: object) -> Asked:
    return with_domain(Asked(**{"target": "", **given}), domain, df)  # type: ignore[arg-type]


def test_what_is_left_open_is_chosen_and_said():
    asked = asked_of({**FRAME, "date": [1, 2]})
    assert (asked.target, asked.metric, asked.split, asked.immutable) == ("ill", "brier", "time:date", ("Breed",))
    (note,) = asked.said_of_domain
    assert "'farm' chose: target 'ill'" in note and "column 'KG' for 'weight'" in note


def test_what_the_user_says_wins_and_is_no_choice_of_the_domain():
    asked = asked_of({**FRAME, "date": [1, 2]}, metric="auc", split="random", immutable=("KG",), target="Breed")
    assert (asked.target, asked.metric, asked.split, asked.immutable) == ("Breed", "auc", "random", ("KG",))
    assert not any(word in asked.said_of_domain[0] for word in ("metric", "split", "target", "immutable"))


def test_what_speaks_of_a_column_that_is_not_there_is_left_out():
    asked = asked_of(FRAME)
    assert asked.split is None
    assert asked.pack is not None and asked.pack["show"] == {"alerts": {"cost": "KG"}}


def test_a_frame_that_lacks_columns_is_told_which_and_what_they_mean():
    with pytest.raises(ColumnError) as caught:
        asked_of({"x": [1, 2]})
    said = str(caught.value)
    assert "target: whether the animal fell ill (usual names: sick, ill)" in said
    assert "weight: of the animal, in kg (usual names: weight, kg)" in said
    assert 'domain="farm:weight=COLUMN"' in said and 'target="COLUMN"' in said


def test_a_column_can_be_told():
    asked = asked_of({"x": [1, 2], "ill": [0, 1]}, FARM.where(weight="x"))
    assert asked.pack is not None and asked.pack["columns"] == {"weight": "x"}
    with pytest.raises(ColumnError, match="Did you mean 'x1'"):
        asked_of({"x1": [1, 2], "ill": [0, 1]}, FARM.where(weight="x"))
    with pytest.raises(OptionError, match="Did you mean 'weight'"):
        FARM.where(wieght="x")


def test_a_column_of_a_kind_is_found_under_any_name():
    scans = Domain("scan", "Scans", targets=("ill",), columns=(Needed("scan", "the picture", kind="image", must=True),))
    images = list(np.arange(48, dtype=np.uint8).reshape(3, 4, 4))
    asked = asked_of({"age": [1.0, 2.0, 3.0], "foto": images, "ill": [0, 1, 0]}, scans)
    assert asked.pack is not None and asked.pack["columns"] == {"scan": "foto"}
    with pytest.raises(ColumnError, match="scan: the picture"):
        asked_of({"age": [1.0, 2.0, 3.0], "ill": [0, 1, 0]}, scans)


@pytest.mark.parametrize("text", ["credit:date", "credit:=x", "credit:date=a,"])
def test_a_domain_that_cannot_be_read(text: str):
    with pytest.raises(OptionError, match="cannot be read"):
        domain_of(text)


def test_what_is_kept_is_plain_json_and_survives_the_journal():
    asked = asked_of(FRAME)
    assert Asked.from_json(json.loads(json.dumps(asked.to_json()))).pack == asked.pack


@pytest.mark.parametrize("name", DOMAINS)
def test_every_domain_is_whole(name: str):
    domain = DOMAINS[name]
    assert domain.name == name and domain.title and domain.decides and domain.questions and domain.targets
    assert all(word == word.lower() for word in (*domain.targets, *domain.immutable))
    assert all(sample in ll.samples.names() for sample in domain.samples) and domain.samples


def test_domains_are_listed_with_data_and_the_line_to_type():
    found = ll.domains()
    page, words = pictures.html(found), pictures.text(found)
    for domain in found:
        for line in (domain.name, domain.title, *lines_to_type(domain)):
            assert line in words
        assert f"<code>{domain.name}</code>" in page and domain.to_type in page
    assert len(found) == len(DOMAINS) and found["credit"] is DOMAINS["credit"]


@pytest.mark.parametrize(("groups", "split"), [(2, None), (12, "group:school")])
def test_few_groups_are_not_kept_together(groups: int, split: str | None):
    df = {"school": [f"s{i % groups}" for i in range(60)], "hours": list(range(60)), "grade": list(range(60))}
    assert asked_of(df, DOMAINS["education"]).split == split


def test_words_are_no_time_to_split_by():
    df = {"time": ["early", "late", "later"] * 5, "amount": [1.0] * 15, "fraud": [0, 1, 0] * 5}
    assert asked_of(df, DOMAINS["fraud"]).split is None


@pytest.mark.parametrize("name", [name for name in DOMAINS if name not in ("credit",)])
def test_the_first_sample_of_each_domain_is_one_of_its_frames(name: str):
    sample = ll.samples.describe(DOMAINS[name].samples[0])
    asked = asked_of(ll.samples.load(sample.name).head(500), DOMAINS[name])
    assert asked.target == sample.target
