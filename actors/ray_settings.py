"""What Ray reads from the environment when it is imported; `remote.py` imports this first. What a person set stays."""

import os
import secrets
from typing import Final

SETTINGS: Final = {
    "RAY_worker_niceness": "0",  # the default of 15 would starve shards beside anything else
    "RAY_task_events_report_interval_ms": "0",
    # A call to a shard travels inside its message up to this size; beyond, by way of the object store, which is slow.
    "RAY_max_direct_call_object_size": "250000",
    # A call to a dead shard fails at once and is made again. By default Ray keeps it until it knows the reason of the
    # death, for 1 to 2 s in which a shard that is back is not asked.
    "RAY_timeout_ms_task_wait_for_death_info": "0",
    "RAY_memory_usage_threshold": "0.90",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",  # its ports accept code: nobody without the token may speak to them
    "RAY_AUTH_TOKEN": secrets.token_hex(32),  # workers inherit it
}

for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
