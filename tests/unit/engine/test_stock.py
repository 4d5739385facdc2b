"""What clouds offer: remembered, renewed beside the use, asked for at most once at a time."""

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest

from leasehold.engine.cloud import CloudBusy, CloudRefused, Image, Offers, Refusal
from leasehold.engine.errors import Impossible, NotOffered
from leasehold.engine.reason import Cause
from leasehold.engine.stock import FIRST_RETRY, FRESH, SLOWEST_RETRY, Stock


class Shop:
    """A cloud of which only the offers are asked; each answer is waited for by the test."""

    def __init__(self) -> None:
        self.answers: list[Offers | Exception] = []
        self.asked = 0
        self.began = threading.Event()
        self.open = threading.Event()
        self.open.set()

    def offers(self) -> Offers:
        self.asked += 1
        self.began.set()
        assert self.open.wait(10)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    """Moves by hand, and a little with each look."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        self.time += 1e-6
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def stock(clock: Clock, shop: Shop) -> Stock:
    return Stock({"c": shop}, tick=clock)


def with_images(*names: str) -> Offers:
    return Offers(images=tuple(Image(id=name, name=name) for name in names))


def choosing(name: str) -> Callable[[Offers], str]:
    def choose(offers: Offers) -> str:
        found = [each.name for each in offers.images]
        if name not in found:
            raise NotOffered("image", name, (), found, whose="machine type demo")
        return name

    return choose


def settle() -> None:
    """Wait until no cloud is being asked beside."""
    for thread in threading.enumerate():
        if thread.name == "leasehold-offers":
            thread.join(10)


def test_what_is_known_is_used_without_asking(stock: Stock, shop: Shop, clock: Clock) -> None:
    shop.answers = [with_images("a")]
    assert stock.use("c", choosing("a")) == "a"
    clock.time += FRESH - 1
    assert stock.use("c", choosing("a")) == "a"
    settle()
    assert shop.asked == 1


def test_old_offers_are_used_and_renewed_beside(stock: Stock, shop: Shop, clock: Clock) -> None:
    shop.answers = [with_images("a"), with_images("b")]
    stock.use("c", choosing("a"))
    clock.time += FRESH + 1
    assert stock.use("c", choosing("a")) == "a"
    settle()
    assert stock.peek("c") == with_images("b")
    assert shop.asked == 2


def test_what_is_not_known_is_asked_for_anew_before_it_is_refused(stock: Stock, shop: Shop) -> None:
    shop.answers = [with_images("a"), with_images("a", "b")]
    stock.use("c", choosing("a"))
    assert stock.use("c", choosing("b")) == "b"
    with pytest.raises(NotOffered):
        stock.use("c", choosing("c"))
    settle()
    assert shop.asked == 3


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (CloudBusy("timed out", request_id="req-1"), Cause.CLOUD_BUSY),
        (CloudRefused("wrong password", why=Refusal.CREDENTIALS), Cause.CREDENTIALS),
        (CloudRefused("not allowed", why=Refusal.FORBIDDEN), Cause.CREDENTIALS),
    ],
)
def test_a_cloud_that_cannot_tell_is_an_error_with_its_words(stock, shop, error, cause) -> None:
    shop.answers = [error]
    with pytest.raises(Impossible, match=f"cloud c: {error.message}") as caught:
        stock.use("c", choosing("a"))
    settle()
    assert caught.value.reason.cause is cause
    assert stock.trouble("c") == caught.value.reason


def test_a_cloud_that_was_never_asked_has_yet_to_tell(stock: Stock) -> None:
    assert stock.trouble("c").text == "cloud c has yet to tell what it offers"


def test_a_cloud_that_recovered_is_in_no_trouble(stock: Stock, shop: Shop, clock: Clock) -> None:
    shop.answers = [CloudBusy("down"), with_images("a")]
    with pytest.raises(Impossible):
        stock._ask("c")
    clock.time += SLOWEST_RETRY
    stock.peek("c")
    settle()
    assert stock.peek("c") == with_images("a")
    assert "yet to tell" in stock.trouble("c").text


def test_a_cloud_that_fails_is_looked_at_ever_more_seldom(
    stock: Stock, shop: Shop, clock: Clock
) -> None:
    shop.answers = [CloudBusy("down")]
    asked_at = []
    for _ in range(800):
        before = shop.asked
        stock.peek("c")
        settle()
        if shop.asked > before:
            asked_at.append(clock.time)
        clock.time += 0.25
    pauses = [after - before for before, after in pairwise(asked_at)]
    for pause, expected in zip(pauses, (1, 2, 4, 8, 16, 32, 60), strict=False):
        assert expected <= pause < expected + 0.6
    assert (FIRST_RETRY, SLOWEST_RETRY) == (1, 60)


def test_many_looks_at_once_ask_once(stock: Stock, shop: Shop) -> None:
    shop.answers = [with_images("a")]
    shop.open.clear()
    for _ in range(50):
        assert stock.peek("c") is None
    shop.open.set()
    settle()
    assert shop.asked == 1


def test_many_who_need_the_first_answer_share_it(stock: Stock, shop: Shop) -> None:
    shop.answers = [with_images("a")]
    shop.open.clear()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(stock.use("c", choosing("a"))))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    assert shop.began.wait(10)
    shop.open.set()
    for thread in threads:
        thread.join(10)
    settle()
    assert found == ["a"] * 10
    assert shop.asked == 1


def test_warming_up_asks_every_cloud_and_a_dead_one_does_not_matter(clock: Clock) -> None:
    alive, dead = Shop(), Shop()
    alive.answers, dead.answers = [with_images("a")], [CloudBusy("down")]
    stock = Stock({"alive": alive, "dead": dead}, tick=clock)
    stock.warm()
    settle()
    assert stock.peek("alive") == with_images("a")
    assert (alive.asked, dead.asked) == (1, 1)
