"""Names that mean the same find each other; those that do not are listed on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from stcore.data.matching import core, match, plain
from stcore.errors import DataError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Côte d’Ivoire", "cote d ivoire"), ("  KÖLN", "Köln"), ("Stoke-on-Trent", "Stoke on Trent"), ("6.0", 6), ("Bosnia & Herz.", "bosnia and herz"),
    ],
)  # fmt: skip
def test_case_accents_and_punctuation_do_not_count(one: object, other: object) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Orange County", "orange"), ("County of Orange", "Orange"), ("Landkreis Fürth", "Furth"), ("北京市", "北京"),
        ("浙江省", "浙江"), ("广西壮族自治区", "广西"), ("新疆维吾尔自治区", "新疆"), ("朝阳区", "朝阳"), ("06", 6), ("Provincia de", "de"),
    ],
)  # fmt: skip
def test_words_for_the_kind_of_district_do_not_count(one: object, other: object) -> None:
    assert core(one) == core(other)


def test_short_names_keep_their_last_letter() -> None:
    assert core("沙市") == "沙市"
    assert core("0") == "0"


def test_spelling_goes_before_the_core_and_doubt_matches_nothing() -> None:
    found = match(["Jilin", "吉林市"], ["吉林省", "吉林市", "Jilin"])
    assert found.position.tolist() == [2, 1]
    doubtful = match(["吉林"], ["吉林省", "吉林市"])
    assert doubtful.position.tolist() == [-1]
    assert doubtful.lost == ["吉林"]
    assert match(["Orange County", "Orange"], ["orange"]).position.tolist() == [-1, 0]


def test_what_is_left_over_is_listed_with_the_nearest_name() -> None:
    found = match(["Berlin", "Munchen Stadt", "Hambrug", "Xyz"], ["Hamburg", "Berlin", "München", "Bremen"])
    assert found.position.tolist() == [1, 2, -1, -1]
    assert found.lost == ["Hambrug", "Xyz"]
    assert found.unused == ["Hamburg", "Bremen"]
    assert found.suggestions == {"Hambrug": "Hamburg"}


def test_many_parts_of_one_district_are_not_offered_the_whole() -> None:
    found = match(
        ["Canada / Alberta", "Canada / Quebec", "US / Texas", "Dominican Rep."],
        ["Canada", "Texas", "Dominican Republic"],
    )
    assert found.suggestions == {"US / Texas": "Texas", "Dominican Rep.": "Dominican Republic"}


def test_a_match_given_by_a_person_wins_and_must_exist() -> None:
    found = match(["Ivory Coast", "Ghana"], ["Ghana", "Côte d'Ivoire"], {"Ivory Coast": "Cote d Ivoire"})
    np.testing.assert_array_equal(found.position, [1, 0])
    with pytest.raises(DataError, match="not there") as refused:
        match(["Ivory Coast"], ["Ghana"], {"Ivory Coast": "Gahna"})
    assert "Ghana" in refused.value.hint
