"""`serve` of this version on the data folder of a released one."""

from pathlib import Path

import pytest

from tests.formats.unpack import ARCHIVES, said_before, unpack
from tests.live.serving import Serving, wait_until


@pytest.mark.timeout(120)
@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name.partition(".")[0])
def test_serve_goes_on_with_the_data_of_a_released_version(archive: Path, tmp_path: Path) -> None:
    folder, analyses = unpack(archive, tmp_path)
    sessions = {name: expected for name, expected in analyses.items() if "#" not in name}
    with Serving(folder) as server:

        def differing() -> list[str]:
            """Ended ones are old, so that the shard forgets them: the store answers, once it has them."""
            found = {name: server.get("/session/analysis", params={"session_id": name}).json for name in sessions}
            return [name for name in sessions if said_before(found[name], sessions[name]) != sessions[name]]

        wait_until(lambda: not differing(), 20, lambda: f"these answer something else: {differing()}")
        live = [name for name, expected in sessions.items() if expected["state"] == "live"]
        sent = [{"event_type": "page_view", "session_id": name} for name in live]
        assert server.post("/api/v1/events", sent).json["accepted"] == len(live) > 0
