"""`sessiond simulate`: traffic of a shop that does not exist, to where it is wanted, and what came of it."""

import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import typer
from msgspec.structs import replace

from actors.log import set_up_log
from cli import simulate_options as options
from cli.delivery import Delivery, Patience
from cli.http_sink import Server
from cli.simulate_check import checked
from cli.supervisor import STOPS
from engine.errors import ClientError, OperatorError
from simulator.clockwork import iso
from simulator.errors import SimulatorError
from simulator.producer import UserBehaviorProducer
from simulator.scenario import Scenario
from simulator.sink import Sink, StreamSink
from simulator.tables import DEFAULT_RATE_PER_HOUR, DEFAULT_REUSE, DEFAULT_SESSION_RANGE_S
from simulator.truth import RUN, Fact, Tell, line

SINKS: Final = ("http", "kafka", "stdout", "file")


class Topic(NamedTuple):
    bootstrap_servers: str
    name: str

    def sink(self) -> Sink:
        """Raises SimulatorError when there is no Kafka."""
        from simulator.kafka_sink import KafkaSink

        return KafkaSink(self.bootstrap_servers, self.name)


def simulate(
    rate: options.Rate = None,
    rate_per_second: options.RatePerSecond = None,
    duration: options.Duration = None,
    events: options.Events = None,
    sessions: options.Sessions = None,
    reuse: options.Reuse = DEFAULT_REUSE,
    shortest: options.Shortest = DEFAULT_SESSION_RANGE_S[0],
    longest: options.Longest = DEFAULT_SESSION_RANGE_S[1],
    seed: options.Seed = None,
    start: options.Start = None,
    speed: options.Speed = "1",
    zone: options.Zone = "UTC",
    steady: options.Steady = False,
    troubled: options.Troubled = 0.0,
    trouble: options.Trouble = None,
    truth: options.Truth = None,
    sink_name: options.SinkName = "http",
    out: options.Out = None,
    url: options.Url = "http://127.0.0.1:8080",
    wait: options.Wait = 5.0,
    bootstrap_servers: options.BootstrapServers = "localhost:9092",
    topic: options.Topic = "user-events",
    check: options.Check = None,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Make the traffic of a shop, people in trouble included."""
    _set_up_logs("debug" if verbose else "error" if quiet else "info")
    try:
        if check is not None:
            typer.echo(_checked(check, truth))
            return
        scenario = Scenario(
            seed=options.seed_of(seed),
            start_ms=options.start_ms(start),
            rate_per_hour=options.rate_per_hour(rate, rate_per_second, DEFAULT_RATE_PER_HOUR),
            session_range_s=(shortest, longest),
            reuse=reuse,
            duration_ms=None if duration is None else duration * 1000,
            events=events,
            sessions=sessions,
            troubles=options.troubles_of(troubled, trouble or []),
            zone=None if steady else options.zone_of(zone),
        )
        pace = options.speed_of(speed)
        with ExitStack() as opened:
            tell = opened.enter_context(_told(truth)) if truth else None
            server = Server(url, wait, is_live=start is None and pace == 1)
            sink = opened.enter_context(_sink(sink_name, out, server, Topic(bootstrap_servers, topic)))
            if start is None:  # it took its time until the server was ready
                scenario = replace(scenario, start_ms=options.start_ms(None))
            said = run(scenario, sink, tell, pace)
    except SimulatorError as error:
        raise ClientError(str(error)) from error
    if not quiet:
        typer.echo(said, err=True)


def _set_up_logs(level: str) -> None:
    """The simulator is a library too: it logs by the standard library, which says nothing unless it is asked to."""
    set_up_log(level)
    logging.basicConfig(format="%(asctime)s [%(levelname)s] %(message)s")
    logging.getLogger("simulator").setLevel(level.upper())


def _checked(url: str, truth: Path | None) -> str:
    if truth is None:
        message = "is needed for `--check`: the file that `simulate --truth FILE` has written."
        raise typer.BadParameter(message, param_hint="--truth")
    with closing(Delivery(url, Patience(), clock=time.monotonic, sleep=time.sleep)) as delivery:
        return checked(truth, delivery)


def run(scenario: Scenario, sink: Sink, tell: Tell | None, speed: float) -> str:
    """Until it is over or SIGTERM or Ctrl-C comes; the totals in one line."""
    producer = UserBehaviorProducer(scenario=scenario, sink=sink, tell=tell, speed=speed)
    began_s = time.monotonic()
    with _stopped_by_signals(producer):
        metrics = producer.run_continuous()
    took_s = time.monotonic() - began_s
    if tell is not None:
        tell(_run_fact(scenario, producer, metrics["messages_sent"] + metrics["messages_failed"]))
    return (
        f"{metrics['messages_sent']:,} events in {producer.sessions_started:,} sessions, "
        f"{metrics['messages_failed']:,} failed, {metrics['bytes_sent'] / 1e6:,.1f} MB, {took_s:.1f} s"
    )


@contextmanager
def _stopped_by_signals(producer: UserBehaviorProducer) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: producer.stop()) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run_fact(scenario: Scenario, producer: UserBehaviorProducer, events: int) -> Fact:
    details: dict[str, str | int] = {
        "ended_at": iso(producer.now_ms),
        "events": events,
        "sessions": producer.sessions_started,
        "seed": scenario.seed,
    }
    return Fact("", RUN, iso(scenario.start_ms), (), details)


@contextmanager
def _sink(name: str, out: Path | None, server: Server, topic: Topic) -> Iterator[Sink]:
    if name == "http":
        with closing(server.sink()) as sink:
            yield sink
    elif name == "kafka":
        with closing(topic.sink()) as sink:
            yield sink
    elif name == "stdout":
        yield StreamSink(sys.stdout.buffer)
    elif name == "file":
        with _written(out) as file:
            yield StreamSink(file)
    else:
        message = f"{name!r} is not a sink; allowed are {', '.join(SINKS)}."
        raise typer.BadParameter(message, param_hint="--sink")


@contextmanager
def _told(truth: Path) -> Iterator[Tell]:
    with _written(truth) as file:
        yield lambda fact: file.write(line(fact))


def _written(path: Path | None) -> BinaryIO:
    if path is None:
        message = "is needed for `--sink file`."
        raise typer.BadParameter(message, param_hint="--out")
    try:
        return path.open("wb")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise OperatorError(message) from error
