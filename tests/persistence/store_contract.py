"""What every store must do: one suite, run over the fake in memory and over ClickHouse in both modes.

A subclass gives `store` and `rows_of`. Each test works in a project of its own, so stores need no emptying.
"""

import pytest

from tests.persistence.store_contract_audit import AuditContract
from tests.persistence.store_contract_counts import CountsContract
from tests.persistence.store_contract_events import EventsContract
from tests.persistence.store_contract_sessions import SessionsContract
from tests.persistence.store_contract_writes import InsertContract


class StoreContract(InsertContract, EventsContract, SessionsContract, CountsContract, AuditContract):
    @pytest.fixture
    def project(self, request: pytest.FixtureRequest) -> str:
        return str(request.node.nodeid)[-190:]
