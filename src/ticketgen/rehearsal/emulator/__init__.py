"""An emulated AWS on loopback: moto's server, with the features that a multi-Region stack needs in addition.

| module | what it adds to moto |
|---|---|
| `replication` | global tables: replicas that lag, last-writer-wins, Regions that are cut off |
| `transactions` | atomic, idempotent transactions |
| `tables` | what a table answers about its replicas, and when it can be deleted; queries that scan one partition |
| `key_schemas` | tables that are inaccessible without their KMS key |
| `change_streams` | a table's changes on its stream and, if enabled, on Kinesis |
| `elasticache` | user groups, parameter groups, members; deletions that complete |
| `moto_gaps` | single actions or attributes of Step Functions, Timestream, CloudWatch Logs, ... |
| `fast_dynamodb` | the DynamoDB calls of a sale, without moto's web framework |
| `lambda_fleet` | Lambda functions, executed in a process per instance |
| `api_gateway` | requests to a REST API: routing, authorization, validation, and the function's answer |
| `pollers` | event source mappings and schedules |
| `state_machines` | executions, with the states that the stack's state machines use |
| `caches` | a real Valkey behind each ElastiCache endpoint, if it is installed |
| `function_metrics` | metrics that the functions emit |
| `data_api` | Aurora's Data API, on SQLite |
| `loopback` | the limit that no connection leads off this machine |
| `server` | one process that serves all of these, and refuses requests without a signature of this run |
| `signatures` | the keys of one run, and the signature of each request |
| `patching` | the list of everything that is changed in moto |

Each module that changes moto has a `patch()`; `server` calls them before the first request. The package imports nothing
else of ticketgen. `python -m ticketgen.rehearsal.emulator` starts it on its own.
"""
