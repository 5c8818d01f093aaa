"""An emulated AWS on loopback: moto's server, with the features that a multi-Region stack needs besides.

| module | what it adds to moto |
|---|---|
| `global_tables` | replicas that lag, last-writer-wins, Regions that are cut off; atomic, idempotent transactions |
| `change_streams` | a table's changes on its stream and, where asked for, on Kinesis |
| `elasticache` | user groups, parameter groups, members; deletions that end |
| `small_gaps` | one or two answers each: Step Functions, Timestream, CloudWatch Logs, ... |
| `fast_lane` | the calls of a sale, past moto's web framework |
| `functions` | Lambda functions that run, each in a process of its own |
| `api_gateway` | requests to a REST API: routed, validated, authorised, answered by the function |
| `pollers` | event source mappings and schedules that run |
| `state_machines` | Step Functions' states that our machines use |
| `caches` | real Redis behind each ElastiCache endpoint, where there is one |
| `metrics` | what the functions measured |
| `warehouse` | Aurora's Data API, on SQLite |
| `server` | all of it in one process |

Each module that changes moto has a `patch()`; `server` calls them before the first request.
"""
