"""Level 4: check every block against the provider's schema.

The schemas are the snapshots in `ticketgen.aws.provider`. A module is checked against those versions of the AWS
provider that it accepts, and only what all of them reject is an error. Modules that require another major version are
not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from posixpath import commonprefix

from ticketgen.aws.provider.schema import (
    AWS_VERSION,
    AWS_VERSION_6,
    PROVIDERS,
    BlockSchema,
    schema_of,
    types_of,
)
from ticketgen.aws.provider.version_6 import EPHEMERAL_TYPES
from ticketgen.findings import Finding, Location, Severity
from ticketgen.findings.verification import (
    DEPRECATED,
    READ_ONLY_ATTRIBUTE,
    SCHEMA_NOT_CHECKED,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_BLOCK,
)
from ticketgen.guesses import Guesses
from ticketgen.hcl.address import Address
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block, GetAttribute, Literal, Splat, Step
from ticketgen.hcl.uses import Use
from ticketgen.language.block_grammar import BlockGrammar
from ticketgen.language.blocks import TOP_LEVEL
from ticketgen.verification.accepted_versions import (
    ANY_VERSION,
    AcceptedVersions,
    required_sources,
)
from ticketgen.verification.block_schema import BlockFact, SchemaFault, UsedName, block_facts
from ticketgen.verification.corrections import Correction, correct
from ticketgen.verification.renames import retyped
from ticketgen.verification.steps_through_blocks import unknown_step
from ticketgen.verification.superseded_names import SEE_DOCS, Superseded, TypeSubject
from ticketgen.verification.unevaluated import UnevaluatedContents

__all__ = ["check_schema", "schemas_of"]

_META: Mapping[str, BlockGrammar] = {
    kind: TOP_LEVEL[kind].block for kind in ("resource", "data", "ephemeral", "provider")
}
"""Terraform's own part of the blocks whose other part the schema describes."""
_REQUIRE_6 = "require AWS provider 6 in required_providers, or remove it"
_BUILT_IN_TYPES = ("terraform_data", "terraform_remote_state")
_BUILT_IN = "terraform"
"""The provider of Terraform's own types, such as ``terraform_data``."""
_MAX_SLIPS = 2  # characters by which a typing error differs
_AWS = "aws"
_NO_VERSION: tuple[int, ...] = ()  # of other providers, which have one snapshot


def check_schema(
    modules: Iterable[Module],
    versions: Mapping[str, AcceptedVersions],
    guesses: Guesses,
    contents: UnevaluatedContents,
) -> Iterator[Finding]:
    """Yield findings about blocks with a provider schema, and references to them.

    For each reason, one note counts the unchecked blocks, at the first of them.

    Args:
        modules: the modules.
        versions: the versions of the AWS provider that each module accepts, by folder.
        guesses: finds similar names for the help.
        contents: knows which content of dynamic blocks Terraform does not evaluate.
    """
    unchecked: dict[str, list[Location]] = {}
    for module in modules:
        checker = _Checker(module, versions[module.folder], unchecked, guesses)
        for file in module.files:
            for block in file.body.blocks:
                for each in (block, *(block.blocks("data") if block.type == "check" else ())):
                    if each.type in _META and each.labels:
                        yield from contents.graded(checker.block(file.path, each))
        for use in module.uses:
            yield from contents.graded(checker.use(use), resolved=True)
        for use in module.built_in_uses:
            if use.reference.root == "self" and use.block.type in {"resource", "data"} and use.block.labels:
                yield from contents.graded(checker.itself(use), resolved=True)
    for reason, locations in sorted(unchecked.items()):
        what = "1 block is" if len(locations) == 1 else f"{len(locations):,} blocks are"
        message = f"{what} not checked against a schema: {reason}"
        help = "check the configuration with `terraform validate` as well; --ignore schema-not-checked accepts it"
        yield SCHEMA_NOT_CHECKED.found(message, help, at=min(locations))


def schemas_of(
    module: Module, versions: AcceptedVersions = ANY_VERSION
) -> Callable[[str, str], BlockSchema | None]:
    """A function that returns the schema of a kind and a type; None if the module may use another schema.

    Args:
        module: the module.
        versions: the versions of the AWS provider that it accepts, from `accepted_versions`.
    """
    sources = required_sources(module)

    def schema(kind: str, type: str) -> BlockSchema | None:
        provider = type.partition("_")[0]
        if not _is_known(sources, provider):
            return None
        if provider != _AWS:
            return schema_of(kind, type)
        return schema_of(kind, type, versions.snapshots[0]) if versions.snapshots else None

    return schema


def _is_known(sources: Mapping[str, tuple[str, object]], provider: str) -> bool:
    """Whether the snapshots contain the provider with that local name."""
    source, _ = sources.get(provider, (f"hashicorp/{provider}", None))
    return PROVIDERS.get(source) == provider


class _Checker:
    """The checks of one module.

    Args:
        versions: the versions of the AWS provider that the module accepts.
        unchecked: the locations of unchecked blocks by reason, for all modules.
        guesses: finds similar names for the help; shared by all checks of the directory.
    """

    def __init__(
        self,
        module: Module,
        versions: AcceptedVersions,
        unchecked: dict[str, list[Location]],
        guesses: Guesses,
    ) -> None:
        self.module = module
        self.versions = versions
        self._guesses = guesses
        self._sources = required_sources(module)
        self._unchecked = unchecked
        self._only_6 = versions.snapshots == (AWS_VERSION_6,)
        self._changed = Superseded(versions.snapshots)

    def block(self, file: str, block: Block) -> Iterator[Finding]:
        """Check a top-level block."""
        subject, location = TypeSubject(block.type, block.labels[0]), block.at(file)
        provider = subject.type.partition("_")[0]
        if not _is_known(self._sources, provider):
            self._skip(f"ticketgen has no schema of provider {provider}", location)
            return
        if provider == _AWS and not self.versions.snapshots:
            self._skip("the module requires an AWS provider before 5, after 6, or none", location)
            return
        accepted = self.versions.snapshots if provider == _AWS else (_NO_VERSION,)
        known = ((each, schema_of(*subject, each)) for each in accepted)
        version, schema = next(((each, found) for each, found in known if found), (_NO_VERSION, None))
        if schema is None:
            if block.type != "provider":
                yield from self._unknown_type(subject, provider, block.labels[-1], location)
            return
        yield from self._type(subject, schema, version, location)
        facts = list(block_facts(block, schema, str(subject), file, _META[block.type]))
        faults = {each for each in facts if isinstance(each, SchemaFault)}
        wrong_in: tuple[tuple[int, ...], ...] = (version,)
        both: set[BlockFact] = set()
        if faults and version == AWS_VERSION and AWS_VERSION_6 in accepted:
            later = schema_of(*subject, AWS_VERSION_6)
            if later is not None:
                both.update(block_facts(block, later, str(subject), file, _META[block.type]))
                wrong_in = AWS_VERSION, AWS_VERSION_6
                faults &= both
        # A version that adds a name may also drop a requirement, such as hash_key beside key_schema of an index.
        written_later = self._may_be_later(subject) and any(
            each.known is not None and not _is_slip(each.path.rpartition(".")[2], self._meant(each))
            for each in faults
        )
        for fact in facts:
            if isinstance(fact, UsedName):
                yield from self._changed.used(subject, fact)
            elif fact in faults:
                yield from self._fault(subject, fact, wrong_in, written_later=written_later)
            else:
                yield from self._before_6(fact)

    def use(self, use: Use) -> Iterator[Finding]:
        """Check a reference to an attribute of a resource or data source."""
        subject, attribute = TypeSubject(use.address.kind, use.address.type), use.reference.attribute
        if subject.kind not in _META or use.address not in self.module.declarations:
            return
        provider = subject.type.partition("_")[0]
        if attribute is None or not _is_known(self._sources, provider):
            return
        if use.attribute == "replace_triggered_by":
            return  # Terraform accepts any name there
        steps = use.reference.parsed[1]
        at = steps.index(attribute)
        # Where there may be no instance, nothing may have to have the attribute.
        is_certain = not any(isinstance(step, Splat) for step in steps[:at]) or _has_instances(
            self.module.declarations[use.address][0].block
        )
        severity = None if is_certain else Severity.WARNING
        for finding in self._attribute(subject, steps[at:], use.file):
            yield replace(finding, severity=severity or finding.severity)

    def itself(self, use: Use) -> Iterator[Finding]:
        """Check a reference to an attribute of ``self``."""
        subject = TypeSubject(use.block.type, use.block.labels[0])
        steps = use.reference.steps
        if use.within[1:] == ("connection",) and not use.block.blocks("provisioner"):
            return  # Terraform does not evaluate it
        if _is_known(self._sources, subject.type.partition("_")[0]):
            yield from self._attribute(subject, steps, use.file)

    def _attribute(self, subject: TypeSubject, steps: Sequence[Step], file: str) -> Iterator[Finding]:
        """Check the steps into an instance, as far as they lead through blocks."""
        provider = subject.type.partition("_")[0]
        first = next(iter(steps), None)
        if not isinstance(first, GetAttribute):
            return
        accepted = self.versions.snapshots if provider == _AWS else (_NO_VERSION,)
        fault = None
        for version in accepted:
            schema = schema_of(*subject, version)
            if schema is None:
                continue
            unknown = unknown_step(schema, steps)
            if unknown is None:
                if fault is not None:
                    yield from self._before_6(fault)
                else:
                    yield from self._changed.superseded(subject, first.name, first.at(file), reading=True)
                return
            message, at = f"{subject} has no attribute {unknown.path}", unknown.step.at(file)
            fault = fault or SchemaFault(UNKNOWN_ATTRIBUTE, message, at, None, unknown.path, unknown.known)
        if fault is not None:
            yield from self._fault(subject, fault, accepted)

    def _type(
        self, subject: TypeSubject, schema: BlockSchema, version: tuple[int, ...], location: Location
    ) -> Iterator[Finding]:
        """Report a type that not all accepted versions have."""
        yield from (removed := list(self._changed.removed_type(subject, location)))
        if schema.deprecated and not removed:
            yield DEPRECATED.found(f"{subject} is deprecated", SEE_DOCS, at=location)
        if version == AWS_VERSION_6 and not self._only_6:
            message = f"there is no {subject}"
            yield from self._before_6(SchemaFault(UNKNOWN_BLOCK, message, location, None, subject.type))

    def _unknown_type(
        self, subject: TypeSubject, provider: str, name: str, location: Location
    ) -> Iterator[Finding]:
        if provider == _BUILT_IN:
            help, edits = self._corrected_type(subject, name, _BUILT_IN_TYPES, location)
            message = f"Terraform's own provider has no {subject}"
            yield UNKNOWN_BLOCK.found(message, help, at=location, edits=edits)
            return
        accepted = self.versions.snapshots
        later_ephemeral = subject.kind == "ephemeral" and AWS_VERSION_6 in accepted
        if provider != _AWS and subject.kind == "ephemeral":
            help = "use a data source or a resource"
            yield UNKNOWN_BLOCK.found(f"provider {provider} has no {subject}", help, at=location)
        elif provider != _AWS or (later_ephemeral and subject.type in EPHEMERAL_TYPES):
            self._skip(f"ticketgen has no schema of {subject}", location)
        elif removed := list(self._changed.removed_type(subject, location)):
            yield from removed
        else:
            known = types_of(subject.kind, accepted[-1])
            meant = self._guesses.most_similar_to(subject.type, known)
            if self._may_be_later(subject) and not _is_slip(subject.type, meant):
                self._skip(f"{subject} is not in {_named(accepted)}", location)
                return
            help, edits = self._corrected_type(subject, name, known, location)
            message = f"there is no {subject} in {_named(accepted)}"
            yield UNKNOWN_BLOCK.found(message, help, at=location, edits=edits)

    def _corrected_type(
        self, subject: TypeSubject, name: str, known: Iterable[str], location: Location
    ) -> Correction:
        """The correction of a type, in the block and in the references to it."""
        help, edits = correct(self._guesses, subject.type, known, location, "correct the type")
        others = (retyped(self.module, Address(*subject, name), edit.new) for edit in edits)
        return Correction(help, (*edits, *chain.from_iterable(others)))

    def _fault(
        self,
        subject: TypeSubject,
        fault: SchemaFault,
        versions: tuple[tuple[int, ...], ...],
        *,
        written_later: bool = False,
    ) -> Iterator[Finding]:
        """Report a violation of every accepted schema.

        Args:
            subject: the type.
            fault: the violation.
            versions: the versions whose schema it violates.
            written_later: whether the block seems to be written for a later version.
        """
        unknown, read_only = fault.known is not None, fault.kind is READ_ONLY_ATTRIBUTE
        if self._only_6 and subject.type.startswith(_AWS):
            removed = list(self._changed.removed_name(subject, fault))
            if removed:
                yield from removed
                return
        help, severity, edits, meant = fault.help, None, fault.edits, ""
        if fault.known is not None:
            word, at = fault.path.rpartition(".")[2], fault.location
            help, edits = correct(self._guesses, word, fault.known, at, "remove it")
            edits += tuple(replace(edit, at=other) for edit in edits for other in fault.repeated)
            meant = self._meant(fault) if self._may_be_later(subject) else ""
        if self._may_be_later(subject) and not _is_slip(fault.path.rpartition(".")[2], meant):
            if self.versions.only_later:
                self._skip(f"{_named(versions)} is the last one that ticketgen knows", fault.location)
                return
            if unknown or read_only or written_later:
                severity = Severity.WARNING
        where = f" in {_named(versions)}" if subject.type.partition("_")[0] == _AWS else ""
        message = f"{fault.message}{where}"
        yield fault.kind.found(message, help, at=fault.location, severity=severity, edits=edits)

    def _may_be_later(self, subject: TypeSubject) -> bool:
        """Whether a later version than the snapshots' may accept what they reject, and no earlier one matters."""
        return self._only_6 and self.versions.later and subject.type.partition("_")[0] == _AWS

    def _meant(self, fault: SchemaFault) -> str:
        """The name that is probably meant by an unknown one; "" if there is none."""
        return self._guesses.most_similar_to(fault.path.rpartition(".")[2], fault.known or ())

    def _before_6(self, fault: SchemaFault) -> Iterator[Finding]:
        """Report what is wrong only in version 5, if the constraint was meant to accept that."""
        if self.versions.constrained:
            message = f"{fault.message} before AWS provider 6"
            yield fault.kind.found(message, _REQUIRE_6, at=fault.location, severity=Severity.WARNING)

    def _skip(self, reason: str, location: Location) -> None:
        self._unchecked.setdefault(reason, []).append(location)


def _has_instances(block: Block) -> bool:
    """Whether a resource has at least one instance, whatever a plan finds."""
    count = block.value("count")
    if count is None:
        return block.value("for_each") is None
    return isinstance(count, Literal) and isinstance(count.value, int) and count.value > 0


def _named(versions: Iterable[tuple[int, ...]]) -> str:
    return "AWS provider " + " and ".join(".".join(map(str, each)) for each in versions)


def _is_slip(word: str, meant: str) -> bool:
    """Whether a word differs from the meant one only in one place, by a few characters."""
    start = len(commonprefix([word, meant]))
    rest, other = word[start:], meant[start:]
    end = len(commonprefix([rest[::-1], other[::-1]]))
    return bool(meant) and max(len(rest), len(other)) - end <= _MAX_SLIPS
