import pytest

pytest.register_assert_rewrite(
    *(f"tests.persistence.store_contract_{part}" for part in ("writes", "events", "sessions", "counts"))
)
