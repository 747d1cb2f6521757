from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from cli.formats.access_log import read
from cli.formats.lines import opened, read_lines
from cli.formats.row import BadLine, Line, ReadOptions, Row

REAL_LOG = Path(__file__).parents[3].parent / "shared" / "data" / "access.log"
GAP_MS = 1_800_000


def line(
    request: str = "GET /a?b=1 HTTP/1.1",
    *,
    address: str = "192.0.2.7",
    time: str = "02/Jan/2026:03:04:05 +0000",
    tail: str = '200 512 "https://example.com/" "Mozilla/5.0 (X11; Linux x86_64)"',
) -> str:
    return f'{address} - - [{time}] "{request}" {tail}'


def rows(*texts: str | bytes, site: str = "") -> Sequence[Row | BadLine]:
    lines = [Line(number, t if isinstance(t, bytes) else t.encode()) for number, t in enumerate(texts, 1)]
    return list(read(lines, ReadOptions(site=site)))


def row(text: str | bytes, site: str = "") -> Row:
    (found,) = rows(text, site=site)
    assert isinstance(found, Row), found
    return found


def reason(text: str) -> str:
    (found,) = rows(text)
    assert isinstance(found, BadLine), found
    return found.reason


def test_a_combined_line_becomes_a_page_view() -> None:
    found = row(line())
    assert found.at_ms == 1_767_323_045_000
    assert found.event.pop("user_id").startswith("v_")
    assert found.event == {
        "timestamp": "2026-01-02T03:04:05+00:00",
        "event_type": "page_view",
        "url": "/a?b=1",
        "path": "/a",
        "referrer": "https://example.com/",
        "client_ip": "192.0.2.7",
        "device": {"user_agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        "payload": {"method": "GET", "protocol": "HTTP/1.1", "status": 200, "bytes": 512},
    }


def test_the_common_format_has_neither_referrer_nor_agent() -> None:
    event = row(line(tail="304 -")).event
    assert "referrer" not in event
    assert "device" not in event
    assert event["payload"] == {"method": "GET", "protocol": "HTTP/1.1", "status": 304}


def test_a_dash_is_no_referrer_and_no_agent() -> None:
    event = row(line(tail='200 1 "-" "-"')).event
    assert "referrer" not in event
    assert "device" not in event


def test_the_time_keeps_its_own_zone() -> None:
    found = row(line(time="02/Jan/2026:03:04:05 +0530"))
    assert found.event["timestamp"] == "2026-01-02T03:04:05+05:30"
    assert found.at_ms == 1_767_323_045_000 - 19_800_000


def test_a_negative_zone_is_behind() -> None:
    assert row(line(time="01/Jan/2026:23:04:05 -0400")).at_ms == 1_767_323_045_000


def test_one_visitor_is_one_address_and_one_agent() -> None:
    same, again = row(line("GET / HTTP/1.1")), row(line("GET /x HTTP/1.1"))
    other_address = row(line(address="192.0.2.8"))
    other_agent = row(line(tail='200 1 "-" "curl/8"'))
    users = [found.event["user_id"] for found in (same, again, other_address, other_agent)]
    assert users[0] == users[1]
    assert len(set(users)) == 3
    assert "192.0.2" not in "".join(users)


@pytest.mark.parametrize(
    ("request_line", "event_type"),
    [
        ("GET / HTTP/1.1", "page_view"),
        ("GET /report.pdf HTTP/1.1", "page_view"),
        ("GET /page.html?theme=a.css HTTP/1.1", "page_view"),
        ("GET /style.css?v=2 HTTP/1.1", "resource_load"),
        ("GET /a/B.PNG HTTP/1.0", "resource_load"),
        ("GET /favicon.ico HTTP/1.1", "resource_load"),
        ("HEAD /robots.txt HTTP/1.1", "resource_load"),
        ("GET /feed.xml HTTP/1.1", "resource_load"),
        ("HEAD / HTTP/1.1", "request"),
        ("POST /login HTTP/1.1", "request"),
        ("OPTIONS * HTTP/1.0", "request"),
        ("-", "request"),
        ("", "request"),
        (r"\x16\x03\x01\x02", "request"),
    ],
)
def test_what_is_asked_for_decides_the_event_type(request_line: str, event_type: str) -> None:
    assert row(line(request_line)).event["event_type"] == event_type


def test_what_is_no_request_is_kept_as_it_came() -> None:
    event = row(line(r"\x16\x03\x01", tail='400 226 "-" "-"')).event
    assert "url" not in event
    assert event["payload"] == {"request": r"\x16\x03\x01", "status": 400, "bytes": 226}


def test_a_target_may_hold_spaces() -> None:
    assert row(line("GET /a b c HTTP/1.1")).event["url"] == "/a b c"


def test_a_request_without_protocol_is_one() -> None:
    event = row(line("GET /old")).event
    assert (event["url"], event["payload"]["method"]) == ("/old", "GET")
    assert "protocol" not in event["payload"]


def test_an_absolute_target_keeps_its_url_and_gives_its_path() -> None:
    event = row(line("GET http://example.org/a/b?c HTTP/1.1"), site="https://example.com").event
    assert (event["url"], event["path"]) == ("http://example.org/a/b?c", "/a/b")


def test_the_site_makes_urls_absolute() -> None:
    event = row(line(), site="https://example.com/").event
    assert (event["url"], event["path"]) == ("https://example.com/a?b=1", "/a")


def test_escaped_quotes_do_not_end_a_field() -> None:
    event = row(line(r"GET /\"x\" HTTP/1.1", tail=r'200 1 "-" "A \"quoted\" \\ agent"')).event
    assert event["url"] == '/"x"'
    assert event["device"] == {"user_agent": r'A "quoted" \ agent'}


def test_bytes_that_are_not_utf_8_are_written_out() -> None:
    raw = line("GET /caf\u00e9 HTTP/1.1").encode("latin-1")
    assert row(raw).event["url"] == r"/caf\xe9"


@pytest.mark.parametrize("address", ["2001:db8::1", "::1", "::ffff:192.0.2.1"])
def test_addresses_may_be_version_6(address: str) -> None:
    assert row(line(address=address)).event["client_ip"] == address


def test_a_host_name_is_not_an_address() -> None:
    event = row(line(address="host.example.com")).event
    assert "client_ip" not in event
    assert event["custom"] == {"host": "host.example.com"}


def test_a_virtual_host_in_front_is_passed_over() -> None:
    assert row("www.example.com:443 " + line()).event["client_ip"] == "192.0.2.7"


def test_a_user_name_may_hold_spaces() -> None:
    text = line().replace(" - - ", " - John Doe ")
    assert row(text).event["client_ip"] == "192.0.2.7"


def test_further_fields_behind_the_agent_are_passed_over() -> None:
    assert row(line() + ' "203.0.113.9, 10.0.0.1" 0.123 rt=0.5').event["path"] == "/a"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        line()[:-1],  # the agent's quote never closes
        line(tail="200"),
        line(tail='OK 1 "-" "-"'),
        line().replace("[", "").replace("]", ""),
        line(tail='200 1 "-"'),
    ],
)
def test_a_torn_line_is_bad(text: str) -> None:
    assert "log format" in reason(text)


@pytest.mark.parametrize(
    "time", ["31/Feb/2026:00:00:00 +0000", "01/Foo/2026:00:00:00 +0000", "x", "01/Jan/2026:00:00:00 +9900"]
)
def test_a_time_that_is_none_is_bad(time: str) -> None:
    assert repr(time) in reason(line(time=time))


def test_a_hostile_line_takes_no_time() -> None:
    assert "log format" in reason("a - - " + "[x] " * 50_000)
    assert "log format" in reason("a b c " + '[x] "' * 50_000)


def test_real_traffic_of_four_days() -> None:
    if not REAL_LOG.is_file():
        pytest.skip("the sample log is not beside this checkout")
    with opened(REAL_LOG) as file:
        found = list(read((line for line in read_lines(file) if isinstance(line, Line)), ReadOptions()))
    bad = [item.line for item in found if isinstance(item, BadLine)]
    times: dict[str, list[int]] = {}
    for item in found:
        if isinstance(item, Row):
            times.setdefault(item.event["user_id"], []).append(item.at_ms or 0)
    assert (len(found), bad, len(times)) == (10_000, [8899], 1_861)
    assert sum(_sessions(sorted(visits)) for visits in times.values()) == 3_223


def _sessions(visits: list[int]) -> int:
    return 1 + sum(after - before > GAP_MS for before, after in pairwise(visits))
