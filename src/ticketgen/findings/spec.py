"""Kinds of findings about a spec, its options and changes of its Regions."""

from __future__ import annotations

from functools import partial
from typing import Final

from ticketgen.findings import Category, FindingKind, Severity, Stage

TITLE: Final = "The spec and the command line"

_load = partial(FindingKind, stage=Stage.LOAD)
_resolve = partial(FindingKind, stage=Stage.RESOLVE)
_usage = partial(FindingKind, stage=Stage.RESOLVE, category=Category.USAGE)

_UNREAD: Final = "Nothing else in the file is checked, and nothing is rendered."
_REFUSED: Final = "Terraform or AWS would refuse the stack at the apply, with some resources created already."

# The file

NO_SPEC = _load(
    "no-spec",
    "There is a spec in the current folder or above it",
    "A command that works on a project has nothing to read.",
    "run `ticketgen new` to make a project, or name a spec with --spec",
)
TWO_SPECS = _load(
    "two-specs",
    "A folder has one spec",
    "With ticketgen.yaml and ticketgen.yml side by side, nobody knows which one was rendered.",
    "delete one of them, or name the one to read with --spec",
)
UNREADABLE_FILE = _load(
    "unreadable-file",
    "The spec, or the file that an option names, exists and can be read",
    "The command has nothing to work on. Of a repository, only regular files are read: a link out of it or a device "
    "could show a file that the repository's author may not see.",
    "correct the name or the permissions of the file",
)
TOO_LARGE = _load(
    "too-large",
    "The file is not larger than ticketgen reads",
    "A spec has a few kB and all rendered stacks together a few MB. A larger file is the wrong one, or it is meant to "
    "use up memory.",
    "name the right file, or restore it from version control",
)
NOT_UTF_8 = _load("not-utf-8", "The file is encoded in UTF-8", _UNREAD, "save the file as UTF-8")
BYTE_ORDER_MARK = _load(
    "byte-order-mark",
    "The file has no byte order mark",
    "YAML readers disagree about whether the mark belongs to the first key.",
    "save it as UTF-8 without BOM",
)
NUL = _load(
    "nul",
    "The file contains no NUL byte",
    "Some programs stop reading at a NUL, so they see another file than you do.",
    "delete it, and save the file as text",
)
TAB = _load(
    "tab",
    "Lines are indented with spaces",
    "YAML does not accept a tab as indentation. " + _UNREAD,
    "indent with spaces: two for each level",
)
TWO_DOCUMENTS = _load(
    "two-documents",
    "The file has one YAML document",
    "Only one document can be the spec, so the others would have no effect.",
    "keep one document in a file: delete ---",
)
EMPTY_FILE = _load(
    "empty-file",
    "The file has at least one key",
    "An empty spec describes no stack.",
    "begin with: version: 1",
)
TOO_DEEP = _load(
    "too-deep",
    "The file is nested no deeper than ticketgen reads",
    "A spec needs five levels. Thousands of them would exhaust the reader.",
    "flatten it",
)
TOO_MANY_VALUES = _load(
    "too-many-values",
    "The file has no more values than ticketgen reads",
    "A spec has a few hundred values. Very many take minutes and gigabytes.",
    "name the right file with --spec",
)
ALIAS = _load(
    "alias",
    "The file has no YAML alias",
    "An alias repeats a value from elsewhere in the file, and nested aliases expand to gigabytes.",
    "write the value out, or put text that begins with * in quotes",
)
ANCHOR = _load(
    "anchor",
    "The file has no YAML anchor",
    "Only aliases use anchors, and a spec has no aliases.",
    "delete it and write the values out, or put text that begins with & in quotes",
)
TAG = _load(
    "tag",
    "The file has no YAML tag",
    "A tag makes a reader create another type of value, in some readers any object.",
    "delete it, or put text that begins with ! in quotes",
)
MERGE_KEY = _load(
    "merge-key",
    "The file has no YAML merge key",
    "YAML 1.2 has no merge keys, so readers disagree about the values that << brings.",
    "write the keys out",
)
COMPLEX_KEY = _load(
    "complex-key",
    "Every key is a word",
    "No setting has a list or a map as its name.",
    "write a word as the key",
)
EMPTY_KEY = _load(
    "empty-key",
    "Every key has a name",
    "A value without a name sets nothing.",
    "write a word before the colon",
)
DUPLICATE_KEY = _load(
    "duplicate-key",
    "Every key of a map occurs once",
    "YAML readers keep one of the values and silently drop the other.",
    "keep one of them",
)
TYPOGRAPHIC_QUOTES = _load(
    "typographic-quotes",
    "Quotes around a text are straight",
    "YAML takes typographic quotes for a part of the text, so they would end up in names and tags.",
    "write straight quotes, \" or '",
)
UNKNOWN_PRESET = _load(
    "unknown-preset",
    "The preset that the spec extends exists",
    "The values that the spec leaves out have no source.",
    "run `ticketgen presets` for a list, and write one of them",
)

# Keys and values

UNKNOWN_KEY = _resolve(
    "unknown-key",
    "Every key is one that ticketgen knows in its place",
    "A misspelled key would have no effect, and the stack would get the default instead.",
    "correct the key, or move it to its section: `ticketgen help spec` lists all keys",
)
MISSING_KEY = _resolve(
    "missing-key",
    "Every required key is set, in the file or in the preset that it extends",
    "There is no default that fits every project.",
    "add the key, or extend a preset that has it",
)
OUT_OF_RANGE = _resolve(
    "out-of-range",
    "Every number is in the range of its key",
    "Beyond it, AWS refuses the value or the stack cannot keep its objectives.",
    "write a number in the range that the finding names",
)
NO_REGIONS = _resolve(
    "no-regions",
    "Every environment has a Region",
    "A stack without a Region has no resources.",
    "name at least one",
)
INVALID_VALUE = _resolve(
    "invalid-value",
    "Every value is one that its key accepts",
    "No stack can be rendered from another value.",
    "write one of the accepted values: `ticketgen help spec` lists them",
)
INVALID_TEXT = _resolve(
    "invalid-text",
    "Every name, address and id has the form that AWS requires",
    _REFUSED,
    "write it in the form that the finding names",
)
UNKNOWN_REGION = _resolve(
    "unknown-region",
    "Every Region in the spec is open",
    "Terraform has no endpoint for it, so the apply fails.",
    "write the code of a Region, such as us-east-1",
)
UNKNOWN_QUOTA = _resolve(
    "unknown-quota",
    "Every key below quotas is the code of a quota that a stack uses",
    "The value would be compared with nothing, and a missing increase would show in production only.",
    "write a code that `ticketgen size` prints",
)
GLOBAL_QUOTA = _resolve(
    "global-quota",
    "A quota of the whole account has one value",
    "AWS has no value of it for a single Region.",
    "write one number in the place of the Regions",
)
INVALID_TAG = _resolve(
    "invalid-tag",
    "Every tag has a key and a value that AWS accepts",
    _REFUSED,
    "use letters, digits, spaces and _ . : / = + - @ only, and no key that begins with aws:",
)
RESERVED_TAG = _resolve(
    "reserved-tag",
    "No tag replaces one that every stack sets",
    "Cost reports and the suites find the resources of a stack by these tags.",
    "remove it or rename it",
)
TOO_MANY_TAGS = _resolve(
    "too-many-tags", "The tags of the spec and of the stack fit on one resource", _REFUSED, "remove some tags"
)
UNKNOWN_VERSION = _resolve(
    "unknown-version",
    "The file has a version that this ticketgen reads",
    "The keys of another version may mean something else.",
    "write 1, or install the ticketgen that the file was written for",
)

# Environments and Regions

NO_ENVIRONMENTS = _resolve(
    "no-environments",
    "The spec has an environment",
    "Each environment is a stack, so there is nothing to render.",
    "add environments: with one key per environment, such as prod: {}",
)
TOO_MANY_ENVIRONMENTS = _resolve(
    "too-many-environments",
    "The spec has no more environments than ticketgen renders",
    "Each environment takes seconds to render and verify: a spec with thousands would block CI.",
    "divide them among several specs, each in a folder of its own",
)
TWO_PARTITIONS = _resolve(
    "two-partitions",
    "All Regions of the spec are in one partition of AWS",
    "Accounts, global tables and IAM roles do not cross partitions.",
    "write a separate spec for each partition: nothing replicates between partitions",
)
DUPLICATE_REGION = _resolve(
    "duplicate-region",
    "Every Region of an environment is listed once",
    "A Region has one set of resources, so the second entry is a typing error: another Region may be missing.",
    "delete it",
)
OPT_IN_REGION = _resolve(
    "opt-in-region",
    "Every opt-in Region that is used is in opt_in_regions",
    "An account has no access to an opt-in Region until someone enables it. The apply would fail there, after other "
    "Regions were created.",
    "enable the Region in the AWS account, then add it to opt_in_regions",
)
PRIMARY_REGION = _resolve(
    "primary-region",
    "The primary Region is one of the Regions of its environment",
    "Analytics, verification and audit live there.",
    "write one of the Regions, or add the primary Region to them",
)
RETIRED_REGION = _resolve(
    "retired-region",
    "No Region is both among the Regions of an environment and retired",
    "The root modules of a retired Region are destroyed, and those of the others are not.",
    "remove the Region from regions or from retired_regions",
)
SECONDARY_REGION = _resolve(
    "secondary-region",
    "An environment with several Regions has one of them as its secondary Region, other than the primary one",
    "It takes over analytics, verification and audit when the primary Region is lost.",
    "set secondary_region to another Region of the environment, or to null if there is one Region",
)
NO_DATA_API = _resolve(
    "no-data-api",
    "The primary and the secondary Region have the Aurora Data API",
    "Analytics runs in both and writes through that API.",
    "choose another Region for this role; the Region may stay among the regions",
)
NO_TIMESTREAM = _resolve(
    "no-timestream",
    "With audit.store timestream, the primary and the secondary Region have Timestream",
    "The audit trail is kept in both.",
    "set audit.store to dynamodb, or choose Regions that have Timestream",
)
NO_AUTHENTICATION = _resolve(
    "no-authentication",
    "The API of every environment authenticates buyers",
    "Without it, anybody who knows the URL can hold every seat, and an order belongs to no known buyer.",
    "write iam or cognito, unless something in front of the API identifies buyers",
    severity=Severity.WARNING,
)
UNKNOWN_BUYERS = _resolve(
    "unknown-buyers",
    "Where the seats of a buyer are limited, the API knows its buyers",
    "Without sign-in, each hold is another buyer, so everybody can hold and buy any number of seats.",
    "write api.auth: iam or cognito, or remove seats_per_buyer",
    severity=Severity.WARNING,
)
ANY_ORIGIN = _resolve(
    "any-origin",
    "Only pages of known origins call the API from a browser",
    "With *, any page that a buyer visits can call the API from the buyer's address, and count against its limits.",
    "list the origins of your own pages in api.cors.origins",
    severity=Severity.WARNING,
)
SHARED_DOMAIN = _resolve(
    "shared-domain",
    "Every environment has its own domain",
    "Environments with one domain overwrite each other's DNS records: buyers of one reach the other.",
    "set another api.domain in one of the environments",
    severity=Severity.WARNING,
)
ALARM_TOPIC_REGION = _resolve(
    "alarm-topic-region",
    "The existing topic for alarms is in the Region and partition of each alarm",
    "CloudWatch refuses an alarm that notifies a topic in another Region or partition, so the apply fails.",
    "write {region} as the Region in alarms.topic_arn, and create the topic in each Region",
)
UNHEARD_ALARMS = _resolve(
    "unheard-alarms",
    "The alarms of an environment with protect notify somebody",
    "An alarm that nobody receives does not help: seats sold twice, and sales that fail, go unnoticed.",
    "set alarms.email or alarms.topic_arn",
    severity=Severity.WARNING,
)
LOCAL_STATE = _resolve(
    "local-state",
    "The state of an environment with protect is in a bucket",
    "Without a bucket, Terraform keeps the state in a file in the stack's folder. Whoever loses the file cannot change "
    "the stack any more, and two people who apply at the same time break it.",
    "set state.bucket to an S3 bucket with versioning",
    severity=Severity.WARNING,
)
SHARED_LOG_ROLE = _resolve(
    "shared-log-role",
    "One environment of an account sets the API Gateway log role of a Region",
    "API Gateway has one log role for each account and Region. Environments that both set it overwrite each other's at "
    "every apply, and the one that is destroyed takes the role away from the others: their logs stop.",
    "set account_id in the environments if their accounts differ, else api.log_role: existing in all but one",
    severity=Severity.WARNING,
)

# The command line

UNKNOWN_ENVIRONMENT = _usage(
    "unknown-environment",
    "Every environment that the command names is in the spec",
    "The command would do nothing, or work on other environments than you meant.",
    "name an environment of the spec: `ticketgen list` prints them",
)
INVALID_OPTION = _usage(
    "invalid-option",
    "Every --set has the form path=value",
    "The value would be set nowhere.",
    "write a path and a value, such as event_scale.purchases_per_minute=90000",
)
NO_SUCH_REGION = _usage(
    "no-such-region",
    "The Region to add or remove exists",
    "The edited spec would be invalid.",
    "write the code of a Region, such as us-east-1",
)
OTHER_PARTITION = _usage(
    "other-partition",
    "The Region to add is in the partition of the spec",
    "Accounts, global tables and IAM roles do not cross partitions.",
    "write a separate spec for that partition: nothing replicates between partitions",
)
NEEDS_OPT_IN = _usage(
    "needs-opt-in",
    "The AWS account has enabled the opt-in Region to add",
    "The apply would fail there, after resources in other Regions were changed.",
    "run `aws account enable-region`, wait until it is enabled, then add the Region with --opted-in",
)
NEEDS_SECONDARY_REGION = _usage(
    "needs-secondary-region",
    "The second Region of an environment becomes its secondary Region",
    "An environment with several Regions needs one that takes over when the primary Region is lost.",
    "run `ticketgen add-region` with --secondary for the environments with one Region",
)
CANNOT_BE_SECONDARY = _usage(
    "cannot-be-secondary",
    "The Region to add with --secondary can become the secondary Region",
    "An environment has one primary and one secondary Region, and they differ.",
    "omit --secondary, or choose environments without a secondary Region with --env",
)
REGION_IS_NEEDED = _usage(
    "region-is-needed",
    "The Region to remove is neither the primary nor the secondary Region",
    "Analytics, verification and audit live there: removing it would destroy them.",
    "give another Region that role first, apply the change, then remove the Region",
)
CANNOT_EDIT = _resolve(
    "cannot-edit",
    "ticketgen can change the Regions in the spec without changing anything else",
    "Comments, order and layout of the spec are yours. An edit that would change them is not written.",
    "edit the Regions by hand, then run `ticketgen render`",
)
INVALID_CONFIG = FindingKind(
    "invalid-config",
    "ticketgen.toml can be read, and has only keys and values that ticketgen knows",
    "`ticketgen validate` would report more or less than the project decided.",
    "correct the file: `ticketgen help validate` lists its keys",
    Stage.LOAD,
    category=Category.USAGE,
)

__all__ = ["TITLE"]
__all__ += [name for name, value in globals().items() if isinstance(value, FindingKind)]
