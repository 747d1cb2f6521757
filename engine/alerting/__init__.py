"""Alert rules over what all shards count: pure, in order of time, encoded and decoded whole.

`Board` takes the slices of `engine/sensor.py`, `advance` says which alerts changed. What a rule is stands in
`rule.py`, what it can be about in `metrics.py`, what is normal in `seasonal.py` and `usual.py`.
"""

from engine.alerting.alert import Alert as Alert
from engine.alerting.board import Board as Board
from engine.alerting.rule import AlertRule as AlertRule
