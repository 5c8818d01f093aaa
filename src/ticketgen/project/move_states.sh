# The script. Everything that it changes is in the functions `place`, `empty` and `import_one`.

set -u
umask 077 # states may contain secrets

TERRAFORM=${TERRAFORM:-terraform}
OLD_STATE=${OLD_STATE:-$STACK/$OLD_NAME}
mode=dry

fail() {
  echo "move_states.sh: $1" >&2
  exit 1
}

case "${1:-}" in
  '') ;;
  --run) mode=run ;;
  *) fail "the only option is --run; without it, nothing is changed" ;;
esac
[ $# -le 1 ] || fail "the only option is --run; without it, nothing is changed"
[ -d "$STACK" ] || fail "there is no folder $STACK here: run the script in the folder of the spec"
command -v "$TERRAFORM" >/dev/null || fail "there is no $TERRAFORM: set TERRAFORM, for example to tofu"
STACK=$(cd "$STACK" && pwd) || exit 1
case $OLD_STATE in /*) ;; *) OLD_STATE=$PWD/$OLD_STATE ;; esac
work=$STACK/move_states.tfstate.d

# Terraform on a copy of a state, apart from every backend.
on_copy() {
  (cd "$work" && unset TF_WORKSPACE TF_DATA_DIR && "$TERRAFORM" "$@")
}

# The addresses of managed resources in a state file, one on each line.
addresses() {
  [ -s "$1" ] || return 0
  on_copy state list "-state=$1" >"$work/list" || return
  sed -E '/^(module\.[^.]*\.)*data\./d' "$work/list"
}

count() {
  addresses "$1" >"$work/counted" || return
  wc -l <"$work/counted" | tr -d ' '
}

# The first value of a field of a state file, such as its serial.
field() {
  sed -n -E "s/^  \"$2\": \"?([^\",]*)\"?,?\$/\1/p" "$1" | head -n 1
}

# The name of a root module's new state in the work folder.
new_state() {
  echo "$work/$(echo "$1" | tr / +).tfstate"
}

is_remote() {
  [ -n "$1" ]
}

# The old state, as it is now.
pull_old() {
  if is_remote "$OLD_BACKEND" && [ ! -e "$OLD_STATE" ]; then
    [ -e "$STACK/provider.tf" ] || fail "$STACK has no provider.tf, so its backend is unknown: restore the files of the old stack from version control, or pull the state to a file and name it in OLD_STATE"
    "$TERRAFORM" "-chdir=$STACK" state pull >"$1" || fail "the old state cannot be pulled: run $TERRAFORM -chdir=$STACK init with the backend's settings"
  else
    [ -s "$OLD_STATE" ] || fail "there is no state $OLD_STATE: name it in OLD_STATE"
    lock=$(dirname "$OLD_STATE")/.$(basename "$OLD_STATE").lock.info
    [ ! -e "$lock" ] || fail "$OLD_STATE is locked: wait until Terraform has ended"
    cp "$OLD_STATE" "$1" || fail "$OLD_STATE cannot be copied"
  fi
}

version() {
  echo "$(field "$1" lineage) $(field "$1" serial)"
}

check_unchanged() {
  pull_old "$work/now.tfstate"
  [ "$(version "$work/now.tfstate")" = "$(version "$work/old.tfstate")" ] ||
    fail "the old state has changed since it was copied: stop whatever applies it, delete $work, and start again"
}

move() { # ROOT SOURCE TARGET
  echo "  $1: $2 -> $3"
  on_copy state mv -lock=false "-state=$work/rest.tfstate" "-state-out=$(new_state "$1")" \
    "-backup=$work/backup.tfstate.1" "-backup-out=$work/backup.tfstate.2" "$2" "$3" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    fail "$2 cannot be moved"
  }
}

forget() { # SOURCE: it stays in the account
  echo "  forgotten: $1"
  move forgotten "$1" "$1" >/dev/null
}

root() { # ROOT KEY BUCKET REGION: with a bucket, its state is there
  set -- "$1" "${2:-}" "${3:-}" "${4:-}"
  moved=$(new_state "$1")
  number=$(count "$moved") || fail "the new state of $1 cannot be read"
  total=$((total + number))
  echo "  $1: $number resources"
  if [ "$mode" = run ]; then
    place "$@"
  fi
}

# Gives a root module its state, unless it has it.
place() {
  if is_remote "$3"; then
    there=$work/backend+$(echo "$1" | tr / +)
    mkdir -p "$there" || exit 1
    printf 'terraform {\n  backend "s3" {}\n}\n' >"$there/main.tf"
    (
      cd "$there" && unset TF_WORKSPACE TF_DATA_DIR &&
        "$TERRAFORM" init -input=false -no-color -reconfigure "-backend-config=bucket=$3" "-backend-config=key=$2" \
          "-backend-config=region=$4" -backend-config=encrypt=true -backend-config=use_lockfile=true >"$work/log" 2>&1 &&
        "$TERRAFORM" state pull >"$work/now.tfstate"
    ) || {
      cat "$work/log" >&2
      fail "the state of $1 cannot be read from the bucket $3"
    }
  else
    target=$STACK/$1/$NEW_NAME
    [ ! -e "$STACK/$1/.$NEW_NAME.lock.info" ] || fail "$target is locked: wait until Terraform has ended"
    mkdir -p "$STACK/$1" || exit 1
    : >"$work/now.tfstate"
    [ ! -e "$target" ] || cp "$target" "$work/now.tfstate" || exit 1
  fi
  if [ "$(field "$work/now.tfstate" lineage)" = "$(field "$moved" lineage)" ]; then
    return 0
  fi
  held=$(count "$work/now.tfstate") || fail "the state of $1 cannot be read"
  [ "$held" = 0 ] || fail "the state of $1 holds $held resources already: nothing was moved there"
  if is_remote "$3"; then
    (cd "$there" && unset TF_WORKSPACE TF_DATA_DIR && "$TERRAFORM" state push -force "$moved") >"$work/log" 2>&1 || {
      cat "$work/log" >&2
      fail "the state of $1 cannot be pushed"
    }
  else
    cp "$moved" "$target.new" && mv "$target.new" "$target" || fail "$target cannot be written"
  fi
}

# Leaves in the old state only what no root module got.
empty() {
  pull_old "$work/now.tfstate"
  if [ "$(version "$work/now.tfstate")" = "$(version "$work/rest.tfstate")" ]; then
    return 0 # an interrupted run did it
  fi
  check_unchanged
  if is_remote "$OLD_BACKEND" && [ ! -e "$OLD_STATE" ]; then
    "$TERRAFORM" "-chdir=$STACK" state push "$work/rest.tfstate" || fail "the old state cannot be pushed"
  else
    cp "$work/rest.tfstate" "$OLD_STATE.new" && mv "$OLD_STATE.new" "$OLD_STATE" || fail "$OLD_STATE cannot be written"
  fi
}

import_one() { # ROOT ADDRESS ID
  if [ "$mode" = dry ]; then
    echo "  $1: $2 from $3"
    return 0
  fi
  if [ ! -e "$STACK/$1/main.tf" ]; then
    pending=1
    return 0
  fi
  mark=
  [ "$SUFFIX" = "$DEFAULT_SUFFIX" ] || mark=-$SUFFIX
  if [ ! -d "$STACK/$1/.terraform$mark" ]; then
    make -C "$STACK" "init/$1" "SUFFIX=$SUFFIX" "TERRAFORM=$TERRAFORM" >"$work/log" 2>&1 || {
      cat "$work/log" >&2
      fail "$1 cannot be initialized"
    }
  fi
  (
    unset TF_WORKSPACE
    export TF_VAR_environment_suffix="$SUFFIX"
    [ -z "$mark" ] || export TF_DATA_DIR="$STACK/$1/.terraform$mark"
    if [ -n "$OLD_BACKEND" ] || [ -z "$mark" ]; then at=; else at=-state=$NEW_NAME; fi
    if "$TERRAFORM" "-chdir=$STACK/$1" state list ${at:+"$at"} 2>/dev/null | grep -q -x -F -e "$2"; then
      echo "  $1: $2 is imported"
      exit 0
    fi
    echo "  $1: $2 from $3"
    "$TERRAFORM" "-chdir=$STACK/$1" import -input=false -no-color ${at:+"$at"} "$2" "$3" >"$work/log" 2>&1
  ) || {
    cat "$work/log" >&2
    fail "$2 cannot be imported into $1: fix the cause, then run the script again"
  }
}

mkdir -p "$work" || fail "$work cannot be made"

if [ ! -e "$work/emptied" ]; then
  # States that are in place already must not be made again: they would be others.
  if [ ! -e "$work/placing" ]; then
    rm -f "$work"/*.tfstate "$work"/*.tfstate.*
    pull_old "$work/old.tfstate"
    cp "$work/old.tfstate" "$work/rest.tfstate" || fail "$work cannot be written"
    echo "Moves, on a copy of the old state:"
    moves
  fi
  before=$(count "$work/old.tfstate") || fail "the old state cannot be read"
  rest=$(count "$work/rest.tfstate") || fail "the rest of the old state cannot be read"
  forgotten=$(count "$(new_state forgotten)") || fail "the forgotten resources cannot be read"
  if [ "$mode" = run ]; then
    [ -e "$work/placing" ] || check_unchanged
    : >"$work/placing"
  fi
  echo "New states:"
  total=0
  roots
  echo "  forgotten: $forgotten resources"
  echo "  old state: $rest of $before resources stay"
  [ $((total + forgotten + rest)) -eq "$before" ] || fail "$before resources became $((total + forgotten + rest)): nothing was removed from the old state"
  if [ "$mode" = run ]; then
    empty
    : >"$work/emptied"
    echo "The old state is in $work/old.tfstate. Keep it until every root module is applied."
  fi
fi

echo "Imports:"
pending=
imports
if [ "$mode" = dry ]; then
  echo "Nothing was changed. Run the script with --run to do this."
elif [ -n "$pending" ]; then
  echo "  Next: run ticketgen render --upgrade${OLD_BACKEND:+ --destroyed}, then this script again with --run."
else
  echo "Done. Plan every root module, and read the plans."
fi
