"""docs/models.md says what the cases say."""

from tests.documentation.models_page import PATH, page


def test_the_page_is_what_the_cases_say():
    message = "Run `python -m tests.documentation.models_page`."
    assert PATH.read_text() == page(), message


def test_every_family_has_one_row_in_alphabetical_order():
    rows = [line for line in page().splitlines() if line.startswith("| ")][2:]
    names = [row.split(" | ")[0].removeprefix("| ").casefold() for row in rows]
    assert names == sorted(set(names))
    assert "llava" in names
