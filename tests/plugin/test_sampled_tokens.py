"""Which tokens stand for all."""

import numpy as np
import pytest

from vl_tb_plugin.plugin.hidden_state_catalogue import LoggedStates, TokenPlaces
from vl_tb_plugin.plugin.sampled_tokens import first_in_order, sampled_examples, token_order

TOKENS = {f"val/{number}": 100 for number in range(1000)}


def logged(tag, length=50, step=0):
    places = TokenPlaces(length, np.arange(3, length, dtype=np.int32), np.zeros(length - 3, "u1"))
    return LoggedStates(tag, step, "text", (0,), 8, "a store", "a part", 0, places)


def test_whole_examples_are_taken_up_to_the_bound_and_not_the_first_logged():
    chosen = sampled_examples(TOKENS, 20_050)
    assert len(chosen) == len(set(chosen)) == 200
    numbers = [int(tag.removeprefix("val/")) for tag in chosen]
    assert np.mean(numbers) == pytest.approx(500, abs=4 * 289 / np.sqrt(200))


def test_an_example_stays_chosen_when_others_are_not_logged():
    chosen = sampled_examples(TOKENS, 20_000)
    half = {tag: 100 for number, tag in enumerate(TOKENS) if number % 2}
    assert set(chosen) & set(half) <= set(sampled_examples(half, 20_000))


def test_everything_is_taken_where_it_fits_and_one_example_where_none_does():
    assert set(sampled_examples(TOKENS, 100_000)) == set(TOKENS)
    assert len(sampled_examples({"a": 10, "b": 20}, 5)) == 1


def test_tokens_are_the_same_at_every_step_and_others_in_another_example():
    assert token_order(logged("a")).shape == (47,)
    np.testing.assert_array_equal(token_order(logged("a")), token_order(logged("a", step=9)))
    assert not np.isin(token_order(logged("a")), token_order(logged("b"))).any()


def test_the_first_in_order_are_as_many_as_asked_for_among_those_that_count():
    orders = [token_order(logged(tag)) for tag in "abc"]
    among = [np.arange(47) % 2 == 0 for _ in orders]
    taken = first_in_order(orders, among, 20)
    assert sum(mask.sum() for mask in taken) == 20
    assert not any((mask & ~even).any() for mask, even in zip(taken, among, strict=True))
    last = max(order[mask].max() for order, mask in zip(orders, taken, strict=True))
    left = np.concatenate(
        [order[even & ~mask] for order, even, mask in zip(orders, among, taken, strict=True)]
    )
    assert (left > last).all()
    all_of_them = first_in_order(orders, among, 500)
    np.testing.assert_array_equal(np.concatenate(all_of_them), np.concatenate(among))
