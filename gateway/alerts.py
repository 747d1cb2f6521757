"""Alerts, asked for and acknowledged."""

from typing import Annotated, Final, Literal, cast

import msgspec

from actors.alert_ports import AlertRecord, Alerts
from actors.alert_view import AlertView, alert_view
from engine.errors import ClientError
from gateway.body import BodyReader
from gateway.call import Answer, Call, json_answer
from gateway.cursors import decode_cursor, encode_cursor
from gateway.normalise import PROJECT_ID
from gateway.params import Params, choice, identifier, limit, optional_id, time_range
from gateway.rejection import shown
from gateway.split import not_json
from gateway.timestamps import LAST_MS
from persistence.alert_rows import AlertFilter

ALERTS_PER_PAGE: Final = 100
MAX_BY: Final = 200  # characters
MAX_NOTE: Final = 2_000

_Ms = Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)]
_PLACE: Final = msgspec.json.Decoder(tuple[_Ms, str])


class Ack(msgspec.Struct):
    """Who has seen an alert."""

    by: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_BY)]
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE)] = ""


class AlertPage(msgspec.Struct):
    items: list[AlertView]
    next_cursor: str | None


class AlertDesk:
    """`alerts` None: they are switched off."""

    def __init__(self, alerts: Alerts | None, bodies: BodyReader) -> None:
        self._source = alerts
        self._bodies = bodies

    @property
    def _alerts(self) -> Alerts:
        if self._source is None:
            message = "Alerts are switched off (`alerts.enabled` is false)."
            raise ClientError(message, "alerts_off", 404)
        return self._source

    async def many(self, call: Call) -> Answer:
        wanted = _filter(call.query)
        # One more than asked for tells whether there is a next page.
        found = await self._alerts.alerts(msgspec.structs.replace(wanted, limit=wanted.limit + 1))
        page, cursor = found[: wanted.limit], None
        if len(found) > wanted.limit:
            cursor = encode_cursor((page[-1].alert.started_ms, page[-1].alert.id))
        return json_answer(AlertPage([_view(record) for record in page], cursor))

    async def one(self, call: Call) -> Answer:
        alert_id = identifier("alert_id", call.path_params["alert_id"])
        return _answer(await self._alerts.alert(PROJECT_ID, alert_id), alert_id)

    async def ack(self, call: Call) -> Answer:
        alerts = self._alerts
        alert_id = identifier("alert_id", call.path_params["alert_id"])
        ack = _ack(await self._bodies.read(call))
        return _answer(await alerts.ack(PROJECT_ID, alert_id, ack.by, ack.note), alert_id)


def _filter(params: Params) -> AlertFilter:
    from_ms, to_ms = time_range(params)
    return AlertFilter(
        PROJECT_ID,
        state=cast(Literal["", "firing", "resolved"], choice(params, "state", "", "firing", "resolved")),
        rule=optional_id(params, "rule"),
        from_ms=from_ms,
        to_ms=to_ms,
        limit=limit(params, ALERTS_PER_PAGE),
        before=decode_cursor(params, _PLACE),
    )


def _ack(body: bytes) -> Ack:
    """Raises `ClientError` that names the field, what came and what is allowed."""
    try:
        found = msgspec.json.decode(body or b"{}", type=dict[str, object])
    except msgspec.ValidationError:
        message = f'The body is {shown(body)}; a JSON object like {{"by": "anna"}} is allowed.'
        raise ClientError(message, "invalid_json") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error, body) from None
    by, note = _text(found, "by", MAX_BY).strip(), _text(found, "note", MAX_NOTE)
    if not by:
        message = "`by` is missing: who acknowledges the alert."
        raise ClientError(message, "missing_parameter")
    return Ack(by, note)


def _text(found: dict[str, object], name: str, most: int) -> str:
    value = found.get(name) or ""
    if not isinstance(value, str) or len(value) > most:
        message = f"`{name}` is {shown(value)}; text of at most {most} characters is allowed."
        raise ClientError(message, "invalid_parameter")
    return value


def _view(record: AlertRecord) -> AlertView:
    return alert_view(record.alert, record.deliveries)


def _answer(record: AlertRecord | None, alert_id: str) -> Answer:
    if record is None:
        message = f"There is no alert {shown(alert_id)}."
        raise ClientError(message, "unknown_alert", 404)
    return json_answer(_view(record))
