from actors.ray_settings import SETTINGS
from engine.config import Engine


def test_a_full_call_to_a_shard_stays_out_of_the_object_store() -> None:
    """With room for its head, its controls and what Ray packs around it."""
    assert Engine().max_call_bytes * 1.2 < int(SETTINGS["RAY_max_direct_call_object_size"])
