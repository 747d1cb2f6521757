"""One server for all tests that leave it as it was; tests that kill start their own."""

from collections.abc import Iterator

import pytest

from tests.live.serving import Serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with Serving(tmp_path_factory.mktemp("server") / "data") as serving:
        yield serving
