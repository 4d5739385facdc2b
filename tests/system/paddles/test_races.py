"""Many clients at once: nobody is refused while there is enough, and nothing is held twice."""

import itertools
import socket
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec

from tests.system.paddles.serving import PATIENCE, Client

ROUNDS = 12
CLIENTS = 8


def at_once(count: int, deed: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """Let so many threads do something at the same moment."""
    gate = threading.Barrier(count)

    def run(number: int) -> httpx.Response:
        gate.wait(PATIENCE)
        return deed(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_twenty_who_want_all_nodes_one_gets_all_of_them(paddles: Client):
    mine = paddles.add(*(f"n{number}" for number in range(10)))
    answers = at_once(20, lambda number: paddles.lock_many(10, locked_by=f"client{number}"))
    codes = Counter(answer.status_code for answer in answers)
    assert codes == {200: 1, 503: 19}
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert sorted(node["name"] for node in won) == sorted(mine)
    listed = paddles.get("/nodes/", machine_type=paddles.kind)
    assert {node["locked_by"] for node in listed} == {won[0]["locked_by"]}


def test_nodes_are_unlocked_one_by_one_at_the_same_moment(paddles: Client):
    mine = paddles.add(*(f"n{number}" for number in range(10)))
    paddles.ok(paddles.lock_many(10))
    give = {"locked": False, "locked_by": "ann@lab"}
    answers = at_once(10, lambda number: paddles.lock(mine[number], **give))
    assert {answer.status_code for answer in answers} == {200}
    assert paddles.get("/nodes/", machine_type=paddles.kind, locked="1") == []


def test_one_node_that_many_want_goes_to_one(paddles: Client):
    (name,) = paddles.add("a")
    answers = at_once(20, lambda number: paddles.lock(name, locked=True, locked_by=f"c{number}"))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 403: 19}


def test_nobody_is_refused_while_there_are_enough_and_no_node_is_given_twice(paddles: Client):
    """With others who change the same nodes all the while, which is where paddles gave out nodes
    that were not held."""
    mine = paddles.add(*(f"n{number:02}" for number in range(CLIENTS * 2)))
    held: Counter[str] = Counter()
    guard = threading.Lock()
    over = threading.Event()

    def churn(url: str) -> None:
        with Client(url) as client:
            for number in itertools.count():
                if over.is_set():
                    return
                name = mine[number % len(mine)]
                change = {"os_version": str(number), "ssh_pub_key": f"ssh-rsa {number}"}
                client.ok(client.put(name, **change))

    def work(number: int) -> list[str]:
        with Client(paddles.url) as client:
            client.kind = paddles.kind
            wrong = []
            for turn in range(ROUNDS):
                owner, wish = f"client{number}", f"/run/{number}-{turn}"
                got = client.ok(client.lock_many(2, locked_by=owner, description=wish))
                names = [node["name"] for node in got]
                with guard:
                    held.update(names)
                    wrong += [name for name in names if held[name] > 1]
                wrong += [
                    name
                    for name in names
                    if (node := client.node(name))
                    and (node["locked_by"], node["description"]) != (owner, wish)
                ]
                with guard:
                    held.subtract(names)
                client.ok(client.unlock_many(names, owner))
            return wrong

    with ThreadPoolExecutor(CLIENTS + 2) as pool:
        churning = [pool.submit(churn, paddles.url) for _ in range(2)]
        found = [pool.submit(work, number) for number in range(CLIENTS)]
        wrong = [each for future in found for each in future.result(PATIENCE)]
        over.set()
        for future in churning:
            future.result(PATIENCE)
    assert wrong == []
    assert paddles.get("/nodes/", machine_type=paddles.kind, locked="1") == []


def test_who_hangs_up_before_the_answer_holds_nothing(paddles: Client):
    """The caller cannot know what it got, so it got nothing; and the nodes are for others."""
    mine = paddles.add("a", "b")
    asked = {"count": 2, "locked_by": "gone@lab", "description": "", "machine_type": paddles.kind}
    body = msgspec.json.encode(asked)
    for _ in range(5):
        hang_up(paddles.url, body)
    names = [node["name"] for node in settled(paddles)]
    assert sorted(names) == mine


def hang_up(url: str, body: bytes) -> None:
    """Send a whole request, and close the connection at once."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        head = f"POST /nodes/lock_many/ HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}"
        connection.sendall(head.encode() + b"\r\n\r\n" + body)


def settled(paddles: Client) -> list[dict]:
    """Lock both nodes as soon as they can be had."""
    for _ in range(int(PATIENCE * 10)):
        response = paddles.lock_many(2, locked_by="next@lab")
        if response.status_code == 200:
            return response.json()
        over = threading.Event()
        over.wait(0.1)
    raise AssertionError(response.text)
